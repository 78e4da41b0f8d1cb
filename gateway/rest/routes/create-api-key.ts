import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { ACTIVE_API_KEYS_MAX } from "#domain/access/ports.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { API_KEY_EXAMPLE, apiKeyBody, toApiKeyBody } from "../key-bodies.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ANY_KEY, idempotencyHeaders, tenantParams } from "../schemas.ts";
import { API_KEY_PREFIX, mintKey } from "../secrets.ts";
import { noSuchTenant, visibleTenant } from "../tenant-access.ts";

const created = z
  .object({
    api_key: apiKeyBody,
    key: z.string().nullable().describe("Shown this once; null when the answer is repeated"),
  })
  .meta({ examples: [{ api_key: API_KEY_EXAMPLE, key: "cat_live_9fQ2…" }] });

/** POST /api/v2/tenants/:id/api-keys: a second key, to rotate without a gap. */
export const createApiKey: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/tenants/:id/api-keys",
    config: { operation: "api_keys.create" },
    schema: {
      operationId: "createApiKey",
      summary: "Create an API key",
      description: "A tenant may have two active keys. To rotate: create one, use it, revoke the other.",
      tags: ["tenants"],
      security: ANY_KEY,
      params: tenantParams,
      headers: idempotencyHeaders,
      response: { 201: created, ...problemResponses(400, 404, 409, 422) },
    },
    handler: async (request, reply) => {
      const tenant = await visibleTenant(request, dependencies, request.params.id);
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `tenant:${tenant.tenantId}:api-keys`,
          key: idempotencyKey(request),
          body: null,
          resourceIds: [],
          now: dependencies.clock.now(),
          fromIds: () => {
            throw new ProblemError("already_exists", "A key was created with this Idempotency-Key.");
          },
        },
        () => addKey(context, tenant.tenantId, actorName(actorOf(request))),
      );
      return sendEffect(reply, effect);
    },
  });
};

async function addKey({ dependencies }: RouteContext, tenantId: string, actor: string): Promise<Effect> {
  const minted = mintKey(dependencies.randomBytes, API_KEY_PREFIX);
  const key = await dependencies.tenants.addApiKey(
    tenantId,
    { hash: minted.hash, last4: minted.lastFour },
    actor,
  );
  if (key === "unknown") throw noSuchTenant(tenantId);
  if (key === "limit") {
    throw new ProblemError(
      "conflict",
      `A tenant may have ${ACTIVE_API_KEYS_MAX} active keys: revoke one first.`,
    );
  }
  const shown = { api_key: toApiKeyBody(key) };
  return { status: 201, body: { ...shown, key: minted.key }, stored: { ...shown, key: null } };
}
