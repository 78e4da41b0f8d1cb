import { z } from "zod";
import { Poison } from "#domain/errors.ts";
import { money } from "#domain/money/money.ts";
import { parsePercent } from "#domain/money/percent.ts";
import type { CompiledRateCard } from "#domain/rating/compiled-rate-card.ts";
import { PLAIN_EVENT, rate, type RatedCharge, type RatingInput } from "#domain/rating/rate.ts";
import type { ChargedEvent, ReRatedLine } from "#domain/rating/re-rating.ts";
import type { TenantTerms } from "#domain/rating/terms.ts";
import type { ZoneClock } from "#domain/rating/zone-clock.ts";

/** Why a charge is not priced again. */
export type SkipReason = "refunded" | "no_trace" | "not_priced" | "other_currency" | "not_ratable";

export type ReRated =
  | { readonly kind: "same" }
  | { readonly kind: "changed"; readonly line: ReRatedLine }
  | { readonly kind: "skipped"; readonly reason: SkipReason };

/** What of the event a charge's trace keeps; `in` is what its card may not have looked at. */
const keptInput = z.object({
  units: z.number().int().min(1),
  in: z
    .object({
      prefix: z.string().optional(),
      attributes: z.record(z.string(), z.string()).optional(),
      requestSize: z.number().int().optional(),
      load: z.string().optional(),
      contract: z.string().optional(),
    })
    .optional(),
  /** The quote under which the charge was made in another currency than its card's. */
  fx: z
    .object({
      pair: z.string(),
      rate: z.string(),
      markup: z.string(),
      source: z.string(),
      at: z.number(),
      effective: z.string(),
    })
    .optional(),
});

/** Under whose terms the charges of a re-rating are priced: the tenant's of today, the month's volumes of then. */
export interface ReRatingTerms {
  readonly card: CompiledRateCard;
  readonly terms: TenantTerms;
  readonly zone: ZoneClock;
  /** The wallets'. Where it is not the card's, each charge's own quote is taken again. */
  readonly currency: string;
}

/**
 * Prices a charge again under another version of a card, at the volume it had. Whatever the new price, the month's volumes stay: the other
 * events' places in the month do not change.
 */
export function reRate(event: ChargedEvent, by: ReRatingTerms): ReRated {
  if (event.refunded) return { kind: "skipped", reason: "refunded" };
  const kept = keptInput.safeParse(event.trace);
  if (!kept.success) return { kind: "skipped", reason: "no_trace" };
  const pair = by.card.currency === by.currency ? undefined : `${by.card.currency}/${by.currency}`;
  if (kept.data.fx?.pair !== pair) return { kind: "skipped", reason: "other_currency" };
  let rated: ReturnType<typeof rate>;
  try {
    rated = rate(inputOf(event, kept.data, by));
  } catch (error) {
    if (error instanceof Poison) return { kind: "skipped", reason: "not_ratable" };
    throw error;
  }
  if (!rated.priced) return { kind: "skipped", reason: "not_priced" };
  // Of the same total, split otherwise: no entry could say it, since it moves no balance.
  if (rated.total === event.revenue + event.tax) return { kind: "same" };
  const { walletId, sequence, eventId, acceptedMonth, eventType, occurredAt } = event;
  return {
    kind: "changed",
    line: {
      walletId,
      sequence,
      eventId,
      acceptedMonth,
      eventType,
      occurredAt,
      chargedRevenue: event.revenue,
      chargedTax: event.tax,
      repricedRevenue: money(rated.subtotal),
      repricedTax: money(rated.tax),
      ...commissionOf(event, rated.commission),
      trace: rated.traceText,
    },
  };
}

/** A commission follows the price of the partner who got it; one who came or left since gets and loses nothing. */
function commissionOf(
  { commission, partnerId }: ChargedEvent,
  rated: RatedCharge["commission"],
): Pick<ReRatedLine, "chargedCommission" | "repricedCommission" | "partnerId"> {
  const same = partnerId !== null && rated?.partnerId === partnerId;
  return {
    chargedCommission: commission,
    repricedCommission: same ? money(rated.amount) : commission,
    partnerId,
  };
}

function inputOf(event: ChargedEvent, kept: z.infer<typeof keptInput>, by: ReRatingTerms): RatingInput {
  const { units, in: more } = kept;
  const channel = event.eventType.split(".", 1)[0] as string;
  return {
    ...PLAIN_EVENT,
    card: by.card,
    eventType: event.eventType,
    channel,
    at: event.occurredAt,
    units,
    country: event.country,
    operator: event.operator,
    prefix: more?.prefix ?? null,
    attributes: more?.attributes ?? PLAIN_EVENT.attributes,
    requestSize: more?.requestSize ?? 1,
    load: more?.load === undefined ? null : parsePercent(more.load),
    contract: more?.contract ?? null,
    fx: kept.fx ?? null,
    zone: by.zone,
    counters: countersBefore(event, units, channel),
    terms: by.terms,
  };
}

/** The month's units before the event. A card may count them over all channels or by channel: what was counted stands for both. */
function countersBefore(
  { volumePeriod, volumeOrdinal }: ChargedEvent,
  units: number,
  channel: string,
): ReadonlyMap<string, bigint> {
  if (volumePeriod === null) return new Map();
  const month = volumePeriod.slice(0, 6);
  const before = volumeOrdinal - BigInt(units);
  return new Map([
    [month, before],
    [`${month}/${channel}`, before],
  ]);
}
