import { type Money, parseMoney } from "#domain/money/money.ts";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import { ADDITIVE, DISCOUNT_KINDS, type DiscountKind, type DiscountRule } from "./discounts.ts";
import { RATING_CHANNELS } from "./event-types.ts";
import { absent, child, type JsonObject, type JsonReader } from "./json-reader.ts";
import type {
  BulkDiscount,
  EarlyPayment,
  LoyaltyDiscount,
  Promotion,
  VolumeDiscount,
  VolumeRule,
} from "./rate-card-model.ts";
import { readValidity } from "./time-band-reader.ts";

/** The guide's "unlimited" tiers, with an end that no tariff reaches. */
const TIERS_MAX = 1000;
const PROMOTIONS_MAX = 1000;
/** A century. */
const MONTHS_MAX = 1200;
const HUNDRED = 100n * 10n ** 18n;

/** Keys of a card that decide on discounts. */
export const DISCOUNT_KEYS = [
  "volume",
  "volume_discounts",
  "loyalty_discounts",
  "bulk_discounts",
  "promotions",
  "discounts",
  "early_payment",
];

export interface CardDiscounts {
  readonly volume: VolumeRule;
  readonly volumeDiscounts: readonly VolumeDiscount[];
  readonly loyaltyDiscounts: readonly LoyaltyDiscount[];
  readonly bulkDiscounts: readonly BulkDiscount[];
  readonly promotions: ReadonlyMap<string, Promotion>;
  readonly discountRule: DiscountRule;
  readonly earlyPayment: EarlyPayment | null;
}

export function readDiscounts(reader: JsonReader, fields: JsonObject): CardDiscounts {
  return {
    volume: readVolumeRule(reader, fields["volume"]),
    volumeDiscounts: readVolumeDiscounts(reader, fields["volume_discounts"]),
    loyaltyDiscounts: readSteps(reader, fields["loyalty_discounts"], "loyalty_discounts", {
      key: "min_months",
      max: MONTHS_MAX,
      make: (minMonths, discount) => ({ minMonths, discount }),
    }),
    bulkDiscounts: readSteps(reader, fields["bulk_discounts"], "bulk_discounts", {
      key: "min_messages",
      max: Number.MAX_SAFE_INTEGER,
      make: (minMessages, discount) => ({ minMessages, discount }),
    }),
    promotions: readPromotions(reader, fields["promotions"]),
    discountRule: readRule(reader, fields["discounts"]),
    earlyPayment: readEarlyPayment(reader, fields["early_payment"]),
  };
}

function readVolumeRule(reader: JsonReader, value: unknown): VolumeRule {
  const fields = reader.object(value, "volume", ["mode", "scope"]) ?? {};
  return {
    mode: reader.choice(fields["mode"], "volume.mode", ["ordinal", "whole"] as const) ?? "ordinal",
    scope: reader.choice(fields["scope"], "volume.scope", ["all", "channel"] as const) ?? "all",
  };
}

function readVolumeDiscounts(reader: JsonReader, value: unknown): readonly VolumeDiscount[] {
  const tiers: VolumeDiscount[] = [];
  const seen = new Map<bigint, string>();
  for (const [index, entry] of (reader.list(value, "volume_discounts", TIERS_MAX) ?? []).entries()) {
    const path = child("volume_discounts", index);
    const tier = readTier(reader, entry, path);
    if (tier === null) continue;
    const earlier = seen.get(tier.minVolume);
    if (earlier !== undefined)
      reader.report(child(path, "min_volume"), `is the same as that of ${earlier}: merge the two tiers`);
    seen.set(tier.minVolume, path);
    tiers.push(tier);
  }
  return tiers.sort((left, right) => (left.minVolume < right.minVolume ? -1 : 1));
}

function readTier(reader: JsonReader, entry: unknown, path: string): VolumeDiscount | null {
  if (absent(entry)) return reader.report(path, "must be an object, not null");
  const fields = reader.object(entry, path, ["min_volume", "max_volume", "discount"]);
  if (fields === null) return null;
  const minVolume = readVolume(
    reader,
    reader.required(fields, path, "min_volume"),
    child(path, "min_volume"),
  );
  const maxVolume = readVolume(reader, fields["max_volume"], child(path, "max_volume"));
  const discount = readDiscount(reader, fields, path);
  if (minVolume !== null && maxVolume !== null && maxVolume < minVolume) {
    reader.report(child(path, "max_volume"), "is below min_volume: exchange the two");
  }
  if (minVolume === null || discount === null) return null;
  return { minVolume: BigInt(minVolume), maxVolume: maxVolume === null ? null : BigInt(maxVolume), discount };
}

function readVolume(reader: JsonReader, value: unknown, path: string): number | null {
  return reader.integer(value, path, 0, Number.MAX_SAFE_INTEGER);
}

/** Discounts from a bound on, in ascending order of it. */
function readSteps<Step>(
  reader: JsonReader,
  value: unknown,
  path: string,
  { key, max, make }: { key: string; max: number; make: (bound: number, discount: Percent) => Step },
): readonly Step[] {
  const steps = new Map<number, Step>();
  for (const [index, entry] of (reader.list(value, path, TIERS_MAX) ?? []).entries()) {
    const entryPath = child(path, index);
    if (absent(entry)) reader.report(entryPath, "must be an object, not null");
    const fields = reader.object(entry, entryPath, [key, "discount"]);
    if (fields === null) continue;
    const boundPath = child(entryPath, key);
    const bound = reader.integer(reader.required(fields, entryPath, key), boundPath, 0, max);
    const discount = readDiscount(reader, fields, entryPath);
    if (bound === null || discount === null) continue;
    if (steps.has(bound)) reader.report(boundPath, "stands twice: merge the two");
    steps.set(bound, make(bound, discount));
  }
  return [...steps].sort(([left], [right]) => left - right).map(([, step]) => step);
}

function readPromotions(reader: JsonReader, value: unknown): ReadonlyMap<string, Promotion> {
  const promotions = new Map<string, Promotion>();
  for (const [index, entry] of (reader.list(value, "promotions", PROMOTIONS_MAX) ?? []).entries()) {
    const path = child("promotions", index);
    if (absent(entry)) reader.report(path, "must be an object, not null");
    const promotion = readPromotion(reader, entry, path);
    if (promotion === null) continue;
    if (promotions.has(promotion.code))
      reader.report(child(path, "code"), "stands twice: rename one of the two");
    promotions.set(promotion.code, promotion);
  }
  return promotions;
}

function readPromotion(reader: JsonReader, entry: unknown, path: string): Promotion | null {
  const keys = ["code", "discount", "valid_from", "valid_to", "max_uses", "max_amount", "channels"];
  const fields = reader.object(entry, path, keys);
  if (fields === null) return null;
  const code = reader.text(reader.required(fields, path, "code"), child(path, "code"), 40);
  if (code !== null && !/^[A-Z0-9][A-Z0-9_-]*$/.test(code))
    reader.report(child(path, "code"), "must hold capitals, digits, '_' and '-' only");
  const discount = readDiscount(reader, fields, path);
  const maxUses = reader.integer(fields["max_uses"], child(path, "max_uses"), 1, Number.MAX_SAFE_INTEGER);
  const validity = readValidity(reader, fields, path);
  const maxAmount = readAmount(reader, fields["max_amount"], child(path, "max_amount"));
  const channels = readChannels(reader, fields["channels"], child(path, "channels"));
  if (code === null || discount === null) return null;
  return {
    code,
    discount,
    ...validity,
    maxUses: maxUses === null ? null : BigInt(maxUses),
    maxAmount,
    channels,
  };
}

function readAmount(reader: JsonReader, value: unknown, path: string): Money | null {
  return reader.decimal(value, path, parseAmount, "an amount above 0 with at most 18 decimals");
}

function parseAmount(text: string): Money | null {
  const amount = parseMoney(text);
  return amount !== null && amount > 0n ? amount : null;
}

/** Rating channels by name; null when absent. */
export function readChannels(reader: JsonReader, value: unknown, path: string): readonly string[] | null {
  const list = reader.list(value, path, RATING_CHANNELS.length);
  if (list === null) return null;
  if (list.length === 0) reader.report(path, "is empty: name channels, or leave it out for all");
  return list.map((entry, index) => {
    if (absent(entry)) reader.report(child(path, index), "must be a channel, not null");
    return reader.choice(entry, child(path, index), RATING_CHANNELS) ?? "";
  });
}

function readRule(reader: JsonReader, value: unknown): DiscountRule {
  const fields = reader.object(value, "discounts", ["combine", "order", "max_percent"]) ?? {};
  const combine = reader.choice(fields["combine"], "discounts.combine", ["additive", "compounding"] as const);
  const order = readOrder(reader, fields["order"]);
  const max = readPercent(reader, fields["max_percent"], "discounts.max_percent");
  return { combine: combine ?? ADDITIVE.combine, order, max: max ?? ADDITIVE.max };
}

function readOrder(reader: JsonReader, value: unknown): readonly DiscountKind[] {
  const list = reader.list(value, "discounts.order", 10) as readonly DiscountKind[] | null;
  if (list === null) return DISCOUNT_KINDS;
  const complete =
    list.length === DISCOUNT_KINDS.length && DISCOUNT_KINDS.every((kind) => list.includes(kind));
  if (complete) return list;
  reader.report("discounts.order", `must name each of ${DISCOUNT_KINDS.join(", ")} once`);
  return DISCOUNT_KINDS;
}

function readEarlyPayment(reader: JsonReader, value: unknown): EarlyPayment | null {
  const fields = reader.object(value, "early_payment", ["days", "discount"]);
  if (fields === null) return null;
  const days = reader.required(fields, "early_payment", "days");
  const discount = readDiscount(reader, fields, "early_payment");
  const within = reader.integer(days, "early_payment.days", 0, 365);
  return within === null || discount === null ? null : { days: within, discount };
}

function readDiscount(reader: JsonReader, fields: JsonObject, path: string): Percent | null {
  return readPercent(reader, reader.required(fields, path, "discount"), child(path, "discount"));
}

function readPercent(reader: JsonReader, value: unknown, path: string): Percent | null {
  return reader.decimal(
    value,
    path,
    parseDiscount,
    "a percentage from 0 to 100 with at most 18 decimals (5 = 5 %)",
  );
}

function parseDiscount(text: string): Percent | null {
  const percent = parsePercent(text);
  return percent !== null && percent <= HUNDRED ? percent : null;
}
