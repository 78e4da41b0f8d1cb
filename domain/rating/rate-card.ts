import { parse } from "lossless-json";
import { DISCOUNT_KEYS, readDiscounts } from "./card-discounts.ts";
import { readSurgeLimits, readSurges } from "./card-surges.ts";
import { readChannelRates } from "./channel-rates.ts";
import { RATING_CHANNELS } from "./event-types.ts";
import { absent, child, JsonReader } from "./json-reader.ts";
import {
  type CardRemark,
  type ChannelRates,
  RATE_SOURCES,
  type RateCard,
  type RateCardParsed,
  type RateSource,
} from "./rate-card-model.ts";
import { rateCardWarnings } from "./rate-card-warnings.ts";
import { readDay, readZone } from "./time-band-reader.ts";
import { startOfDay, zoneClock } from "./zone-clock.ts";

export type { CardRemark, RateCard, RateCardParsed } from "./rate-card-model.ts";

/** In UTF-16 units. A card with 10,000 overrides takes half of it, and every process holds every card in memory. */
export const CARD_TEXT_MAX = 1024 * 1024;

const CARD_KEYS = [
  "rate_card_id",
  "name",
  "currency",
  "effective_date",
  "timezone",
  "precedence",
  "holidays",
  "rates",
  ...DISCOUNT_KEYS,
  "surge",
  "surge_limits",
  "below_cost",
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
  const start = startOfDay(clock, card.effectiveDate);
  if (start === null) throw new RangeError(`no calendar day: ${card.effectiveDate}`);
  return start;
}

function refused(message: string): { ok: false; problems: CardRemark[] } {
  return { ok: false, problems: [{ path: "", message }] };
}

/** Every field is read, even after a problem; the result counts only when the reader has none. */
function readCard(reader: JsonReader, document: unknown): RateCard | null {
  if (document === null) return reader.report("", "must be an object, not null");
  const fields = reader.object(document, "", CARD_KEYS, CARD_HINTS);
  if (fields === null) return null;
  const precedence = fields["precedence"];
  const nested = Array.isArray(precedence) && !precedence.includes("time_band");
  return {
    rateCardId: readId(reader, reader.required(fields, "", "rate_card_id")),
    name: reader.text(reader.required(fields, "", "name"), "name", 200) ?? "",
    currency: readCurrency(reader, reader.required(fields, "", "currency")),
    effectiveDate: readDay(reader, reader.required(fields, "", "effective_date"), "effective_date") ?? "",
    timezone: readZone(reader, fields["timezone"], "timezone") ?? "UTC",
    precedence: readPrecedence(reader, precedence),
    holidays: readHolidays(reader, fields["holidays"]),
    rates: readRates(reader, reader.required(fields, "", "rates"), nested),
    ...readDiscounts(reader, fields),
    surges: readSurges(reader, fields["surge"]),
    surgeLimits: readSurgeLimits(reader, fields["surge_limits"]),
    belowCost: readBelowCost(reader, fields["below_cost"]),
  };
}

function readBelowCost(reader: JsonReader, value: unknown): RateCard["belowCost"] {
  if (absent(value) || value === "warn") return "warn";
  if (value !== "refuse") reader.report("below_cost", 'must be "warn" or "refuse"');
  return "refuse";
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

/** Cards written before there were prefixes name the other five; time_band may be left out. */
function readPrecedence(reader: JsonReader, value: unknown): readonly RateSource[] {
  const list = reader.list(value, "precedence", 20);
  if (list === null) return RATE_SOURCES;
  const sources = list as readonly RateSource[];
  const known = new Set<RateSource>(RATE_SOURCES.filter((source) => sources.includes(source)));
  const complete =
    known.size === sources.length &&
    RATE_SOURCES.every((source) => known.has(source) || source === "prefix" || source === "time_band") &&
    sources.at(-1) === "base";
  if (!complete) {
    const message = `must name each of ${RATE_SOURCES.join(", ")} once, most decisive first and base last`;
    reader.report("precedence", `${message}; without time_band each rate has bands of its own`);
    return RATE_SOURCES;
  }
  if (known.has("prefix")) return sources;
  return sources.flatMap((source) => (source === "destination" ? ["prefix", source] : [source]));
}

/** A century of every day would be too many. */
const HOLIDAYS_MAX = 10_000;

function readHolidays(reader: JsonReader, value: unknown): readonly string[] {
  const days = (reader.list(value, "holidays", HOLIDAYS_MAX) ?? []).map((entry, index) => {
    const path = child("holidays", index);
    if (absent(entry)) reader.report(path, "must be a calendar day such as 2024-12-25, not null");
    return readDay(reader, entry, path) ?? "";
  });
  return [...new Set(days)].sort();
}

function readRates(reader: JsonReader, value: unknown, nested: boolean): ReadonlyMap<string, ChannelRates> {
  const rates = new Map<string, ChannelRates>();
  const fields = reader.object(value, "rates", RATING_CHANNELS);
  for (const [channel, channelFields] of Object.entries(fields ?? {})) {
    if (!RATING_CHANNELS.includes(channel)) continue;
    const path = child("rates", channel);
    if (absent(channelFields)) reader.report(path, "must be an object with the channel's prices, not null");
    else rates.set(channel, readChannelRates(reader, channelFields, path, channel, nested));
  }
  return rates;
}
