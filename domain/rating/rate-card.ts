import { parse } from "lossless-json";
import { parsePercent } from "#domain/money/percent.ts";
import { readChannelRates, readZone } from "./channel-rates.ts";
import { RATING_CHANNELS } from "./event-types.ts";
import { absent, child, type JsonObject, JsonReader } from "./json-reader.ts";
import {
  type CardRemark,
  type ChannelRates,
  RATE_SOURCES,
  type RateCard,
  type RateCardParsed,
  type RateSource,
  type VolumeDiscount,
} from "./rate-card-model.ts";
import { rateCardWarnings } from "./rate-card-warnings.ts";
import { zoneClock } from "./zone-clock.ts";

export type { CardRemark, RateCard, RateCardParsed } from "./rate-card-model.ts";

/** In UTF-16 units. A card with 10,000 overrides takes half of it, and every process holds every card in memory. */
export const CARD_TEXT_MAX = 1024 * 1024;

/** The guide's "unlimited" tiers, with an end that no tariff reaches. */
const TIERS_MAX = 1000;

const CARD_KEYS = [
  "rate_card_id",
  "name",
  "currency",
  "effective_date",
  "timezone",
  "precedence",
  "rates",
  "volume_discounts",
];
const TAX_HINT = "tax belongs to the tenant: set its taxRate";
const CARD_HINTS = { tax: TAX_HINT, tax_rate: TAX_HINT, taxRate: TAX_HINT };

/**
 * Reads a rate card in the guide's JSON form. Numbers never pass through a double: 1e-18 keeps its digit.
 * All problems come together, each with its path and remedy; warnings do not stop a card.
 */
export function parseRateCard(jsonText: string): RateCardParsed {
  if (jsonText.length > CARD_TEXT_MAX)
    return refused(`is longer than ${CARD_TEXT_MAX} characters: split the card`);
  let document: unknown;
  try {
    document = parse(jsonText);
  } catch (error) {
    if (error instanceof SyntaxError) return refused(`not valid JSON: ${error.message}`);
    if (error instanceof RangeError) return refused("not a rate card: nested too deeply");
    throw error;
  }
  const reader = new JsonReader();
  const card = readCard(reader, document);
  if (reader.problems.length > 0 || card === null) return { ok: false, problems: reader.problems };
  return { ok: true, card, warnings: rateCardWarnings(card) };
}

/** The instant (epoch ms) at which the card's effective date begins in its own time zone. */
export function effectiveFrom(card: Pick<RateCard, "effectiveDate" | "timezone">): number {
  const clock = zoneClock(card.timezone);
  if (clock === null) throw new RangeError(`unknown time zone ${card.timezone}`);
  const [year, month, day] = card.effectiveDate.split("-").map(Number) as [number, number, number];
  return clock.startOfDay(year, month, day);
}

function refused(message: string): { ok: false; problems: CardRemark[] } {
  return { ok: false, problems: [{ path: "", message }] };
}

/** Every field is read, even after a problem; the result counts only when the reader has none. */
function readCard(reader: JsonReader, document: unknown): RateCard | null {
  if (document === null) return reader.report("", "must be an object, not null");
  const fields = reader.object(document, "", CARD_KEYS, CARD_HINTS);
  if (fields === null) return null;
  return {
    rateCardId: readId(reader, reader.required(fields, "", "rate_card_id")),
    name: reader.text(reader.required(fields, "", "name"), "name", 200) ?? "",
    currency: readCurrency(reader, reader.required(fields, "", "currency")),
    effectiveDate: readDate(reader, reader.required(fields, "", "effective_date")),
    timezone: readZone(reader, fields["timezone"], "timezone") ?? "UTC",
    precedence: readPrecedence(reader, fields["precedence"]),
    rates: readRates(reader, reader.required(fields, "", "rates")),
    volumeDiscounts: readVolumeDiscounts(reader, fields["volume_discounts"]),
  };
}

/** Part of Kafka keys and URLs, hence the narrow alphabet. */
function readId(reader: JsonReader, value: unknown): string {
  const id = reader.text(value, "rate_card_id", 64);
  if (id !== null && !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) {
    reader.report(
      "rate_card_id",
      "must begin with a letter or digit and hold only letters, digits, '.', '_' and '-'",
    );
  }
  return id ?? "";
}

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

function readCurrency(reader: JsonReader, value: unknown): string {
  const currency = reader.text(value, "currency", 3);
  if (currency !== null && !CURRENCIES.has(currency)) {
    reader.report(
      "currency",
      `must be an ISO 4217 code in capitals such as USD, not ${JSON.stringify(currency)}`,
    );
  }
  return currency ?? "";
}

function readDate(reader: JsonReader, value: unknown): string {
  const date = reader.text(value, "effective_date", 40);
  if (date !== null && !isDate(date)) {
    reader.report("effective_date", `must be a calendar day such as 2024-01-01, not ${JSON.stringify(date)}`);
  }
  return date ?? "";
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  // 2024-02-30 reads as 1 March in some engines and as NaN in others.
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function readPrecedence(reader: JsonReader, value: unknown): readonly RateSource[] {
  const sources = reader.list(value, "precedence", 20);
  if (sources === null) return RATE_SOURCES;
  const complete =
    sources.length === RATE_SOURCES.length &&
    RATE_SOURCES.every((source) => sources.includes(source)) &&
    sources.at(-1) === "base";
  if (!complete) {
    reader.report(
      "precedence",
      `must name each of ${RATE_SOURCES.join(", ")} once, most decisive first and base last`,
    );
  }
  return sources as readonly RateSource[];
}

function readRates(reader: JsonReader, value: unknown): ReadonlyMap<string, ChannelRates> {
  const rates = new Map<string, ChannelRates>();
  const fields = reader.object(value, "rates", RATING_CHANNELS);
  for (const [channel, channelFields] of Object.entries(fields ?? {})) {
    if (!RATING_CHANNELS.includes(channel)) continue;
    const path = child("rates", channel);
    if (absent(channelFields)) reader.report(path, "must be an object with the channel's prices, not null");
    else rates.set(channel, readChannelRates(reader, channelFields, path, channel));
  }
  return rates;
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

function readDiscount(
  reader: JsonReader,
  fields: JsonObject,
  path: string,
): VolumeDiscount["discount"] | null {
  const expected = "a percentage from 0 to 100 with at most 18 decimals (5 = 5 %)";
  const value = reader.required(fields, path, "discount");
  return reader.decimal(value, child(path, "discount"), parseDiscount, expected);
}

function parseDiscount(text: string): VolumeDiscount["discount"] | null {
  const percent = parsePercent(text);
  return percent !== null && percent <= 100n * 10n ** 18n ? percent : null;
}
