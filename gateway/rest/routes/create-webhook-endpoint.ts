import { z } from "zod";
import type { Actor } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ANY_KEY, idempotencyHeaders, tenantId, webhookUrl } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";
import { ENDPOINT_EXAMPLE, endpointBody, toEndpointBody, webhookEvents } from "../webhook-endpoint-body.ts";

const request = z
  .strictObject({
    url: webhookUrl,
    events: z
      .array(webhookEvents)
      .min(1, "must name an event")
      .transform((events) => [...new Set(events)]),
    tenant_id: tenantId
      .nullable()
      .optional()
      .describe("A tenant's key: its own, by default; an administration key: null for every tenant"),
    description: z.string().trim().max(200).nullable().default(null),
  })
  .meta({
    examples: [{ url: ENDPOINT_EXAMPLE.url, events: ENDPOINT_EXAMPLE.events, tenant_id: "TENANT-001" }],
  });

const created = endpointBody
  .extend({ secret: z.string().nullable().describe("Shown this once; null when the answer is repeated") })
  .meta({ id: "NewWebhookEndpoint", examples: [{ ...ENDPOINT_EXAMPLE, secret: "whsec_MfKQ9r8GKYqrTwjU…" }] });

/** POST /api/v2/webhook-endpoints */
export const createWebhookEndpoint: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/webhook-endpoints",
    config: { operation: "webhook_endpoints.create" },
    schema: {
      operationId: "createWebhookEndpoint",
      summary: "Have events told to an address",
      description:
        "Signed by Standard Webhooks with the secret that is shown this once, tried again for three days; what each event holds stands in docs/webhooks.md. The same again is another endpoint. At most 20 of a tenant.",
      tags: ["webhooks"],
      security: ANY_KEY,
      headers: idempotencyHeaders,
      body: request,
      response: { 201: created, ...problemResponses(400, 404, 409, 413, 415, 422) },
    },
    handler: async (httpRequest, reply) => {
      const { body } = httpRequest;
      const owner = ownerOf(actorOf(httpRequest), body.tenant_id);
      if (owner !== null) await visibleTenant(httpRequest, dependencies, owner);
      const work = async ([endpointId = ""]: readonly string[]): Promise<Effect> => {
        const { url, events, description } = body;
        const createdAt = dependencies.clock.now();
        const endpoint = await dependencies.webhookEndpoints.create({
          endpointId,
          tenantId: owner,
          url,
          events,
          description,
          createdAt,
        });
        if (endpoint === "full")
          throw new ProblemError(
            "conflict",
            "There are as many webhook endpoints as there may be: delete one.",
          );
        const shown = toEndpointBody(endpoint);
        return {
          status: 201,
          body: { ...shown, secret: dependencies.endpointSecret(endpointId) },
          stored: { ...shown, secret: null },
        };
      };
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `${owner ?? "administration"}:webhook-endpoints`,
          key: idempotencyKey(httpRequest),
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: ([endpointId = ""]) => {
            throw new ProblemError("already_exists", `Endpoint ${endpointId} was created with this key.`);
          },
        },
        work,
      );
      return sendEffect(reply, effect);
    },
  });
};

function ownerOf(actor: Actor, named: string | null | undefined): string | null {
  if (actor.kind === "administrator") return named ?? null;
  return named ?? actor.tenantId;
}
