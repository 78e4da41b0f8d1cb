import type { Clock } from "#domain/clock.ts";
import type { WebhookDelivery, WebhookSender } from "#domain/messages/ports.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { signedHeaders } from "#platform/webhook-signatures.ts";

export type CalledEndpoint = NonNullable<TenantConfiguration["webhook"]>;

/** Answers that speak of the endpoint and not of this one delivery. */
const OVERLOADED = new Set([429, 502, 503, 504]);

/** `gone`: the endpoint wants nothing any more (410). `endpointDown`: other deliveries would fare no better now. */
export type AttemptOutcome =
  | { readonly kind: "delivered" }
  | { readonly kind: "gone" }
  | {
      readonly kind: "failed";
      readonly error: string;
      readonly retryAfterMs: number | null;
      readonly endpointDown: boolean;
    };

/** Signs and posts a delivery once. Never rejects. */
export async function attemptDelivery(
  sender: WebhookSender,
  clock: Clock,
  endpoint: CalledEndpoint,
  delivery: WebhookDelivery,
  timeoutMs: number,
): Promise<AttemptOutcome> {
  const headers = signedHeaders(endpoint.secret, delivery.webhookId, clock.now(), delivery.body);
  if (headers === null) return failed("the webhook's secret is not valid", null, true);
  const answer = await sender.post(endpoint.url, headers, delivery.body, timeoutMs);
  if (answer.kind !== "answered") return failed(`${answer.kind}: ${answer.reason}`, null, true);
  if (answer.status >= 200 && answer.status < 300) return { kind: "delivered" };
  if (answer.status === 410) return { kind: "gone" };
  return failed(`status ${answer.status}`, answer.retryAfterMs, OVERLOADED.has(answer.status));
}

function failed(error: string, retryAfterMs: number | null, endpointDown: boolean): AttemptOutcome {
  return { kind: "failed", error, retryAfterMs, endpointDown };
}
