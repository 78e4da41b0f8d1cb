/** What webhook endpoints can be told of. */
export const WEBHOOK_EVENTS = [
  "message.delivered",
  "message.failed",
  "message.inbound",
  "balance.low",
  "balance.recovered",
  "invoice.issued",
  "payment.succeeded",
  "payment.failed",
  "tenant.suspended",
  "tenant.reinstated",
  "fraud_case.opened",
  "fraud_case.decided",
  "workflow.completed",
] as const;

export type WebhookEventType = (typeof WEBHOOK_EVENTS)[number];

/** Something that happened, once under one id. No phone number, no text, no mail address in it. */
export interface WebhookEvent {
  /** The same however often it is announced. */
  readonly id: string;
  readonly type: WebhookEventType;
  /** Whose it is; null: the platform's own. */
  readonly tenantId: string | null;
  /** Epoch ms. */
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The body of every call that tells of it. */
export function eventBody({ type, tenantId, at, data }: WebhookEvent): string {
  return JSON.stringify({
    type,
    timestamp: new Date(at).toISOString(),
    data: { tenant_id: tenantId, ...data },
  });
}
