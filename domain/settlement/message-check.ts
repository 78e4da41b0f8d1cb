import type { Difference } from "./differences.ts";
import { billingEventId } from "#domain/events/billing-event.ts";
import { parseMoney } from "#domain/money/money.ts";

/** A delivered part that was priced and has no charge, or a charge of a part that was not delivered. */
export interface ChargeDifference {
  readonly kind: "charge_missing" | "charge_unexplained";
  readonly messageId: string;
  readonly tenantId: string;
  readonly walletId: string;
  readonly part: number;
  readonly country: string | null;
  readonly operator: string | null;
  /** Epoch ms. */
  readonly acceptedAt: number;
  /** Epoch ms of the delivery, or of the final state. */
  readonly at: number;
  /** What the part had set aside: decimal. */
  readonly hold: string;
  /** What of the number prices may depend on, and who carried the part; null where unknown. */
  readonly prefix: string | null;
  readonly connector: string | null;
  /** Messages in the request that brought it; null if it came alone. */
  readonly requestSize: number | null;
}

export function chargeEventId({ messageId, part }: ChargeDifference): string {
  return billingEventId(messageId, "sms.delivered", part);
}

export function chargeDifference(found: ChargeDifference): Difference {
  const { kind, tenantId, walletId, messageId, part, hold } = found;
  return {
    kind,
    tenantId,
    walletId,
    subject: chargeEventId(found),
    currency: null,
    amount: parseMoney(hold),
    explanation:
      kind === "charge_missing"
        ? `part ${part} of message ${messageId} was delivered and has no charge; ${hold} was set aside for it`
        : `part ${part} of message ${messageId} was charged and not delivered`,
  };
}
