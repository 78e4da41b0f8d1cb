import { z } from "zod";
import { formatMoney, money } from "#domain/money/money.ts";
import type { ReRatedLine, ReRating } from "#domain/rating/re-rating.ts";
import { isoTime, TENANT_EXAMPLE, TIME_EXAMPLE, uuid, UUID_EXAMPLE } from "./schemas.ts";

/** Address of one re-rating. */
export const reRatingParams = z.object({ id: uuid.describe("The re-rating's id") });

export const RE_RATING_EXAMPLE = {
  re_rating_id: UUID_EXAMPLE,
  tenant_id: TENANT_EXAMPLE,
  rate_card_id: "RC-TENANT-001",
  version: 2,
  from: "2026-11-01T00:00:00.000Z",
  to: "2026-11-08T00:00:00.000Z",
  event_type: null,
  reason: "peak price was published a week late",
  status: "reported" as const,
  requested_by: "Finance",
  requested_at: TIME_EXAMPLE,
  decided_by: null,
  decided_at: null,
  currency: "USD",
  examined: "120000",
  changed: "118000",
  skipped: { refunded: 2 },
  charged: "1816.02",
  repriced: "1888.81",
  difference: "72.79",
  adjusted: "0",
  problem: null,
};

export const reRatingBody = z
  .object({
    re_rating_id: z.string(),
    tenant_id: z.string(),
    rate_card_id: z.string(),
    version: z.int(),
    from: z.string(),
    to: z.string(),
    event_type: z.string().nullable(),
    reason: z.string(),
    status: z.enum(["computing", "reported", "approved", "posted", "rejected", "failed"]),
    requested_by: z.string(),
    requested_at: z.string(),
    decided_by: z.string().nullable(),
    decided_at: z.string().nullable(),
    currency: z.string(),
    examined: z.string().describe("Charges looked at so far"),
    changed: z.string().describe("Those whose price differs: the report's lines"),
    skipped: z
      .record(z.string(), z.number())
      .describe(
        "Charges left out, by reason: refunded, not_priced, no_trace, other_currency, not_ratable, changed_since",
      ),
    charged: z.string().describe("What stands in the ledger for the changed ones, with tax"),
    repriced: z.string().describe("What would stand there"),
    difference: z.string().describe("repriced − charged: positive is still to be paid"),
    adjusted: z.string().describe("Lines for which an entry was decided"),
    problem: z.string().nullable(),
  })
  .meta({ id: "ReRating", examples: [RE_RATING_EXAMPLE] });

export function toReRatingBody(reRating: ReRating): z.infer<typeof reRatingBody> {
  return {
    re_rating_id: reRating.reRatingId,
    tenant_id: reRating.tenantId,
    rate_card_id: reRating.rateCardId,
    version: reRating.version,
    from: isoTime(reRating.from),
    to: isoTime(reRating.to),
    event_type: reRating.eventType,
    reason: reRating.reason,
    status: reRating.status,
    requested_by: reRating.requestedBy,
    requested_at: isoTime(reRating.requestedAt),
    decided_by: reRating.decidedBy,
    decided_at: reRating.decidedAt === null ? null : isoTime(reRating.decidedAt),
    currency: reRating.currency,
    examined: reRating.examined.toString(),
    changed: reRating.changed.toString(),
    skipped: { ...reRating.skipped },
    charged: formatMoney(reRating.charged),
    repriced: formatMoney(reRating.repriced),
    difference: formatMoney(money(reRating.repriced - reRating.charged)),
    adjusted: reRating.adjusted.toString(),
    problem: reRating.problem,
  };
}

export const LINE_EXAMPLE = {
  transaction_id: `${UUID_EXAMPLE}:sms.delivered:1`,
  wallet_id: UUID_EXAMPLE,
  sequence: "3",
  event_type: "sms.delivered",
  occurred_at: TIME_EXAMPLE,
  charged: "0.01539",
  repriced: "0.0162",
  difference: "0.00081",
  trace: { v: 2, card: "RC-TENANT-001", version: 2, event: "sms.delivered", units: 1, source: "base" },
};

export const reRatedLineBody = z
  .object({
    transaction_id: z.string().describe("Of the charge"),
    wallet_id: z.string(),
    sequence: z.string(),
    event_type: z.string(),
    occurred_at: z.string(),
    charged: z.string().describe("With tax, as the ledger has it"),
    repriced: z.string(),
    difference: z.string(),
    trace: z.unknown().describe("How the new price came about"),
  })
  .meta({ id: "ReRatedLine", examples: [LINE_EXAMPLE] });

export function toLineBody(line: ReRatedLine): z.infer<typeof reRatedLineBody> {
  const charged = line.chargedRevenue + line.chargedTax;
  const repriced = line.repricedRevenue + line.repricedTax;
  return {
    transaction_id: line.eventId,
    wallet_id: line.walletId,
    sequence: line.sequence.toString(),
    event_type: line.eventType,
    occurred_at: isoTime(line.occurredAt),
    charged: formatMoney(money(charged)),
    repriced: formatMoney(money(repriced)),
    difference: formatMoney(money(repriced - charged)),
    trace: JSON.parse(line.trace) as unknown,
  };
}
