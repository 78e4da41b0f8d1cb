import { type Money } from "#domain/money/money.ts";
import { PRICING_KEYS, readPricing } from "./event-pricing.ts";
import { canonicalEventType, principalEvent } from "./event-types.ts";
import { absent, child, isObject, type JsonObject, type JsonReader } from "./json-reader.ts";
import type { ChannelRates, DatedRate, EventPrice, NamedRate } from "./rate-card-model.ts";
import { readBands, readPrice, readValidity } from "./time-band-reader.ts";

const CHANNEL_KEYS = [
  "base_rate",
  "contract_rate",
  "contract_rates",
  "time_bands",
  "operator_rates",
  "prefix_rates",
  "destination_rates",
  "events",
  ...PRICING_KEYS,
];

/** There are some 2,000 mobile operators and 250 countries, and a carrier's sheet has some 50,000 prefixes. */
const OVERRIDES_MAX = 10_000;
const PREFIXES_MAX = 100_000;
const DATED_RATES_MAX = 100;
const EVENTS_MAX = 100;
const DATED_KEYS = ["rate", "valid_from", "valid_to", "time_bands"];

/** Reads `rates.<channel>`; problems go to the reader. `nested`: whether the card's rates have bands of their own. */
export function readChannelRates(
  reader: JsonReader,
  value: unknown,
  path: string,
  channel: string,
  nested: boolean,
): ChannelRates {
  const fields = reader.object(value, path, CHANNEL_KEYS) ?? {};
  const events = readEvents(reader, fields["events"], child(path, "events"), channel);
  const principal = principalEvent(channel);
  const listed = events.get(principal);
  const baseRate = readPrice(reader, fields["base_rate"], child(path, "base_rate"));
  const pricing = readPricing(reader, fields, path);
  if (listed !== undefined && (!absent(fields["base_rate"]) || pricing !== null)) {
    reader.report(child(path, "base_rate"), `prices ${principal}, and so does events: remove one of the two`);
  }
  events.delete(principal);
  const rates = (key: string, max: number, readKey: ReadKey): ReadonlyMap<string, NamedRate> =>
    readNamedRates(reader, fields[key], child(path, key), { max, readKey, nested });
  return {
    baseRate: baseRate ?? listed?.rate ?? null,
    contractRate: readDatedRates(reader, fields["contract_rate"], child(path, "contract_rate"), nested),
    contractRates: readContractRates(reader, fields["contract_rates"], child(path, "contract_rates"), nested),
    timeBands: readBands(reader, fields["time_bands"], child(path, "time_bands")),
    operatorRates: rates("operator_rates", OVERRIDES_MAX, readOperator),
    prefixRates: rates("prefix_rates", PREFIXES_MAX, readPrefix),
    destinationRates: rates("destination_rates", OVERRIDES_MAX, readCountry),
    pricing: pricing ?? listed?.pricing ?? null,
    events,
  };
}

type ReadKey = (reader: JsonReader, key: string, path: string) => string;

function readNamedRates(
  reader: JsonReader,
  value: unknown,
  path: string,
  { max, readKey, nested }: { readonly max: number; readonly readKey: ReadKey; readonly nested: boolean },
): ReadonlyMap<string, NamedRate> {
  const named = new Map<string, NamedRate>();
  for (const [name, entry] of Object.entries(reader.map(value, path, max) ?? {})) {
    const entryPath = child(path, name);
    const key = readKey(reader, name, entryPath);
    const earlier = named.get(key);
    if (earlier !== undefined)
      reader.report(entryPath, `names the same as ${JSON.stringify(earlier.name)}: remove one of the two`);
    if (absent(entry)) reader.report(entryPath, "must be a price, not null");
    const rates = readDatedRates(reader, entry, entryPath, nested);
    if (rates.length > 0) named.set(key, { name, rates });
  }
  return named;
}

/** A price, or an object with its validity and bands, or a list of such. */
function readDatedRates(
  reader: JsonReader,
  value: unknown,
  path: string,
  nested: boolean,
): readonly DatedRate[] {
  if (Array.isArray(value)) {
    const list = reader.list(value, path, DATED_RATES_MAX) ?? [];
    if (value.length === 0) reader.report(path, "is an empty list: give it a price or leave it out");
    return list.flatMap((entry, index) => {
      const entryPath = child(path, index);
      if (!isObject(entry)) {
        reader.report(entryPath, "must be an object with rate, valid_from and valid_to");
        return [];
      }
      return [readDatedRate(reader, reader.object(entry, entryPath, DATED_KEYS) ?? {}, entryPath, nested)];
    });
  }
  if (isObject(value)) {
    return [readDatedRate(reader, reader.object(value, path, DATED_KEYS) ?? {}, path, nested)];
  }
  const rate = readPrice(reader, value, path);
  return rate === null ? [] : [{ rate, validFrom: null, validTo: null, timeBands: [] }];
}

function readDatedRate(reader: JsonReader, fields: JsonObject, path: string, nested: boolean): DatedRate {
  const bandsPath = child(path, "time_bands");
  if (!nested && !absent(fields["time_bands"])) {
    reader.report(bandsPath, "bands stand in a rate only where precedence leaves time_band out: do so");
  }
  const rate = readPrice(reader, fields["rate"], child(path, "rate"));
  if (absent(fields["rate"]) && absent(fields["time_bands"])) {
    reader.report(child(path, "rate"), "is required");
  }
  return {
    rate,
    ...readValidity(reader, fields, path),
    timeBands: readBands(reader, fields["time_bands"], bandsPath),
  };
}

/** A list of dated rates that each name their contract. */
function readContractRates(
  reader: JsonReader,
  value: unknown,
  path: string,
  nested: boolean,
): ReadonlyMap<string, NamedRate> {
  const named = new Map<string, NamedRate>();
  for (const [index, entry] of (reader.list(value, path, OVERRIDES_MAX) ?? []).entries()) {
    const entryPath = child(path, index);
    if (absent(entry)) reader.report(entryPath, "must be an object, not null");
    const fields = reader.object(entry, entryPath, ["contract", ...DATED_KEYS]);
    if (fields === null) continue;
    const contractPath = child(entryPath, "contract");
    const name = reader.text(reader.required(fields, entryPath, "contract"), contractPath, 100);
    const rate = readDatedRate(reader, fields, entryPath, nested);
    if (name !== null) named.set(name, { name, rates: [...(named.get(name)?.rates ?? []), rate] });
  }
  return named;
}

/** Operators are matched without regard to case, since number-range data and tenants spell them differently. */
export function operatorKey(name: string): string {
  return name.trim().toLowerCase();
}

function readOperator(reader: JsonReader, name: string, path: string): string {
  reader.text(name, path, 100);
  return operatorKey(name);
}

function readPrefix(reader: JsonReader, digits: string, path: string): string {
  if (!/^[1-9]\d{0,8}$/.test(digits))
    reader.report(path, "must be the 1 to 9 leading digits of numbers in E.164, without +, such as 447700");
  return digits;
}

function readCountry(reader: JsonReader, name: string, path: string): string {
  if (!/^[A-Z]{2}$/.test(name)) reader.report(path, "must be an ISO 3166-1 code of two capitals such as US");
  return name;
}

function readEvents(
  reader: JsonReader,
  value: unknown,
  path: string,
  channel: string,
): Map<string, EventPrice> {
  const prices = new Map<string, EventPrice>();
  for (const [name, entry] of Object.entries(reader.map(value, path, EVENTS_MAX) ?? {})) {
    const entryPath = child(path, name);
    const eventType = canonicalEventType(name);
    if (!/^[a-z0-9_.-]{1,64}$/.test(name) || !name.startsWith(`${channel}.`)) {
      reader.report(entryPath, `must be an event type of this channel, in lower case: ${channel}.…`);
    } else if (prices.has(eventType)) {
      reader.report(entryPath, `is ${eventType}, which is priced already: remove one of the two`);
    }
    if (absent(entry)) reader.report(entryPath, "must be a price, not null");
    const price = readEventPrice(reader, entry, entryPath);
    if (price !== null) prices.set(eventType, price);
  }
  return prices;
}

function readEventPrice(reader: JsonReader, value: unknown, path: string): EventPrice | null {
  if (!isObject(value)) {
    const rate = readPrice(reader, value, path);
    return rate === null ? null : { rate, pricing: null };
  }
  const fields = reader.object(value, path, ["rate", ...PRICING_KEYS]) ?? {};
  const rate: Money | null = readPrice(reader, fields["rate"], child(path, "rate"));
  const pricing = readPricing(reader, fields, path);
  const alone =
    pricing !== null &&
    (pricing.attributeRates.size > 0 || pricing.size !== null || pricing.formula !== null);
  if (absent(fields["rate"]) && !alone) reader.report(child(path, "rate"), "is required");
  return { rate, pricing };
}
