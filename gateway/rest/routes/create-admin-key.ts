import { z } from "zod";
import { actorName, ROLES } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { ADMIN_KEY_EXAMPLE, adminKeyBody, toAdminKeyBody } from "../key-bodies.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, idempotencyHeaders } from "../schemas.ts";
import { ADMIN_KEY_PREFIX, mintKey } from "../secrets.ts";

const request = z
  .strictObject({
    name: z.string().trim().min(1, "must name the person or system that uses the key").max(100),
    role: z.enum(ROLES, { error: `must be one of ${ROLES.join(", ")}` }),
  })
  .meta({ examples: [{ name: "Anna Lindgren", role: "finance" }] });

const created = z
  .object({
    admin_key: adminKeyBody,
    key: z.string().nullable().describe("Shown this once; null when the answer is repeated"),
  })
  .meta({ examples: [{ admin_key: ADMIN_KEY_EXAMPLE, key: "cat_admin_2bXk…" }] });

/** POST /api/v2/admin-keys */
export const createAdminKey: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/admin-keys",
    config: { operation: "admin_keys.create" },
    schema: {
      operationId: "createAdminKey",
      summary: "Create an administration key",
      tags: ["administration"],
      security: ADMINISTRATION_KEY,
      headers: idempotencyHeaders,
      body: request,
      response: { 201: created, ...problemResponses(400, 409, 413, 415, 422) },
    },
    handler: async (httpRequest, reply) => {
      const { body } = httpRequest;
      const work = async ([keyId = ""]: readonly string[]): Promise<Effect> => {
        const minted = mintKey(dependencies.randomBytes, ADMIN_KEY_PREFIX);
        const key = await dependencies.adminKeys.create({
          keyId,
          name: body.name,
          role: body.role,
          lastFour: minted.lastFour,
          hash: minted.hash,
          createdBy: actorName(actorOf(httpRequest)),
          createdAt: dependencies.clock.now(),
        });
        const shown = { admin_key: toAdminKeyBody(key) };
        return { status: 201, body: { ...shown, key: minted.key }, stored: { ...shown, key: null } };
      };
      const effect = await once(
        dependencies.idempotency,
        {
          scope: "administration:admin-keys",
          key: idempotencyKey(httpRequest),
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: ([keyId = ""]) => {
            throw new ProblemError("already_exists", `Key ${keyId} was created with this Idempotency-Key.`);
          },
        },
        work,
      );
      return sendEffect(reply, effect);
    },
  });
};
