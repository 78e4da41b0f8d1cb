import { Poison } from "#domain/errors.ts";
import { type Money, money, ZERO } from "#domain/money/money.ts";
import type { Percent } from "#domain/money/percent.ts";
import type { CompiledEvent, CompiledTier } from "./compiled-rate-card.ts";
import { type ApplicableDiscount, combineDiscounts, type DiscountRule } from "./discounts.ts";
import type { RatedCharge } from "./rated-charge.ts";
import type { RatingInput } from "./rating-input.ts";
import { tenureMonths } from "./tenure.ts";
import { type CounterKey, monthOf, promotionAmount, promotionUses, volumeSum } from "./volume-counters.ts";

/** What step 4 finds. */
export interface FoundDiscounts {
  /** The month's volume with this event; null for platform services, which have none. */
  readonly volume: RatedCharge["volume"];
  readonly tier: CompiledTier | null;
  /** Everything that applies, the tier among it. */
  readonly applicable: readonly ApplicableDiscount[];
}

const NONE: readonly ApplicableDiscount[] = Object.freeze([]);

/** Step 4. */
export function calculateDiscount(event: CompiledEvent, input: RatingInput): FoundDiscounts {
  const { card } = input;
  const volume = event.volumeDiscount ? volumeWith(event, input) : null;
  const tier = volume === null ? null : volumeTier(card.tiers, volume.after);
  if (card.onlyVolume) return { volume, tier, applicable: tier === null ? NONE : tier.applicable };
  const applicable: ApplicableDiscount[] = [];
  if (tier !== null) applicable.push(...tier.applicable);
  if (event.volumeDiscount) applicable.push(...messageDiscounts(input));
  const promotion = promotionFor(event, input);
  if (promotion !== null) applicable.push(promotion);
  return { volume, tier, applicable };
}

function volumeWith(
  { channel }: CompiledEvent,
  { card, zone, at, counters, units }: RatingInput,
): NonNullable<RatedCharge["volume"]> {
  const month = monthOf(zone, at);
  const counter = card.volumeByChannel ? `${month}/${channel}` : month;
  return { counter, after: (counters.get(counter) ?? 0n) + BigInt(units) };
}

/** The tier with the highest min_volume that the month's volume has reached. */
function volumeTier(tiers: readonly CompiledTier[], volume: bigint): CompiledTier | null {
  let low = 0;
  let high = tiers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tiers[middle] as CompiledTier).minVolume <= volume) low = middle + 1;
    else high = middle;
  }
  return tiers[low - 1] ?? null;
}

/** Loyalty and bulk discounts are for messages, as volume discounts are. */
function messageDiscounts({
  card,
  terms,
  zone,
  at,
  requestSize,
}: RatingInput): readonly ApplicableDiscount[] {
  const found: ApplicableDiscount[] = [];
  if (card.loyalty.length > 0 && terms.customerSince !== null) {
    const months = tenureMonths(zone, terms.customerSince, at);
    const loyalty = card.loyalty.findLast(({ minMonths }) => minMonths <= months);
    if (loyalty !== undefined)
      found.push(applicable("loyalty", `${loyalty.minMonths} months`, loyalty.discount));
  }
  const bulk = card.bulk.findLast(({ minMessages }) => minMessages <= requestSize);
  if (bulk !== undefined) found.push(applicable("bulk", `${bulk.minMessages} messages`, bulk.discount));
  return found;
}

function applicable(kind: ApplicableDiscount["kind"], name: string, percent: Percent): ApplicableDiscount {
  return { kind, name, percent, most: null };
}

/** The promotion that the tenant has redeemed, while it is valid and its caps for this wallet are not reached. */
function promotionFor(
  { channel, volumeDiscount }: CompiledEvent,
  { card, terms, at, counters }: RatingInput,
): ApplicableDiscount | null {
  if (terms.promotion === null || at < terms.promotion.redeemedAt) return null;
  const promotion = card.promotions.get(terms.promotion.code);
  if (promotion === undefined || at < promotion.from || at >= promotion.to) return null;
  if (promotion.channels === null ? !volumeDiscount : !promotion.channels.includes(channel)) return null;
  const { code, discount, maxUses, maxAmount } = promotion;
  if (maxUses !== null && (counters.get(promotionUses(code)) ?? 0n) >= maxUses) return null;
  if (maxAmount === null) return applicable("promotion", code, discount);
  const most = maxAmount - (counters.get(promotionAmount(code)) ?? 0n);
  return most <= 0n ? null : { kind: "promotion", name: code, percent: discount, most: money(most) };
}

/** The counters beside the volume that the charge moves, with their values after it. */
export function countersAfter(
  { applicable: discounts, volume }: FoundDiscounts,
  { card, counters }: RatingInput,
  base: Money,
): RatedCharge["counters"] {
  if (base === 0n || (card.onlyVolume && !card.wholeVolume)) return NO_COUNTERS;
  const after: [CounterKey, bigint][] = [];
  const promotion = combineDiscounts(card.discountRule, base, discounts).steps.find(
    ({ kind, amount }) => kind === "promotion" && amount > 0n,
  );
  if (promotion !== undefined) {
    const uses = promotionUses(promotion.name);
    const amount = promotionAmount(promotion.name);
    after.push([uses, (counters.get(uses) ?? 0n) + 1n]);
    after.push([amount, (counters.get(amount) ?? 0n) + promotion.amount]);
  }
  if (card.wholeVolume && volume !== null) {
    const sum = volumeSum(volume.counter);
    after.push([sum, (counters.get(sum) ?? 0n) + tierBasis(card.discountRule, base, discounts)]);
  }
  return after;
}

const NO_COUNTERS: RatedCharge["counters"] = Object.freeze([]);

/** What a tier's percentage bears on: the price, or, where discounts compound, what the other discounts leave of it. */
function tierBasis(rule: DiscountRule, base: Money, discounts: readonly ApplicableDiscount[]): bigint {
  if (rule.combine === "additive") return base;
  const others = discounts.filter(({ kind }) => kind !== "volume");
  return base - combineDiscounts(rule, base, others).discount;
}

/** What a tier that applies to the whole month changes on its earlier charges. */
export interface TierChange {
  /** What the tiers' percentages bear on: the sum of the earlier prices. */
  readonly sum: Money;
  readonly from: CompiledTier | null;
  readonly to: CompiledTier | null;
}

export function tierChange(
  { volume, tier }: FoundDiscounts,
  { card, counters, units }: RatingInput,
): TierChange | null {
  if (!card.wholeVolume || volume === null) return null;
  const from = volumeTier(card.tiers, volume.after - BigInt(units));
  if (from === tier) return null;
  const sum = money(counters.get(volumeSum(volume.counter)) ?? 0n);
  if (sum < 0n) throw new Poison(`the counter ${volumeSum(volume.counter)} is negative`);
  return sum === ZERO ? null : { sum, from, to: tier };
}
