import { z } from "zod";
import type { Actor } from "#domain/access/actor.ts";
import { WEBHOOK_EVENTS } from "#domain/webhooks/events.ts";
import type { WebhookEndpoint } from "#domain/webhooks/ports.ts";
import { ProblemError } from "./problems.ts";
import { isoTime, TENANT_EXAMPLE, TIME_EXAMPLE, UUID_EXAMPLE, uuid } from "./schemas.ts";

export const endpointParams = z.object({ id: uuid.describe("The endpoint_id") });

export const ENDPOINT_EXAMPLE = {
  endpoint_id: UUID_EXAMPLE,
  url: "https://acme.example/hooks/catalyst",
  events: ["message.delivered" as const, "message.failed" as const],
  tenant_id: TENANT_EXAMPLE,
  description: null,
  created_at: TIME_EXAMPLE,
  disabled_at: null,
};

export const webhookEvents = z.enum(WEBHOOK_EVENTS, { error: `must be one of ${WEBHOOK_EVENTS.join(", ")}` });

export const endpointBody = z
  .object({
    endpoint_id: z.string(),
    url: z.string(),
    events: z.array(webhookEvents),
    tenant_id: z.string().nullable().describe("Null: of every tenant"),
    description: z.string().nullable(),
    created_at: z.string(),
    disabled_at: z.string().nullable().describe("When it answered 410: it is called no more"),
  })
  .meta({ id: "WebhookEndpoint", examples: [ENDPOINT_EXAMPLE] });

export function toEndpointBody(endpoint: WebhookEndpoint): z.infer<typeof endpointBody> {
  return {
    endpoint_id: endpoint.endpointId,
    url: endpoint.url,
    events: [...endpoint.events],
    tenant_id: endpoint.tenantId,
    description: endpoint.description,
    created_at: isoTime(endpoint.createdAt),
    disabled_at: endpoint.disabledAt === null ? null : isoTime(endpoint.disabledAt),
  };
}

/** A tenant sees its own endpoints alone, administration all of them. */
export function endpointScope(actor: Actor): string | null {
  return actor.kind === "tenant" ? actor.tenantId : null;
}

export function noSuchEndpoint(endpointId: string): ProblemError {
  return new ProblemError("not_found", `There is no webhook endpoint ${endpointId}.`);
}
