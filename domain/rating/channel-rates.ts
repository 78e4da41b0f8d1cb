import { parseFactor } from "#domain/money/factor.ts";
import { type Money, parseMoney, UNITS_PER_ONE } from "#domain/money/money.ts";
import { canonicalEventType, principalEvent } from "./event-types.ts";
import { absent, child, type JsonObject, type JsonReader } from "./json-reader.ts";
import type { ChannelRates, NamedRate, TimeBand } from "./rate-card-model.ts";
import { zoneClock } from "./zone-clock.ts";

const CHANNEL_KEYS = [
  "base_rate",
  "contract_rate",
  "time_bands",
  "operator_rates",
  "destination_rates",
  "events",
];
const BAND_KEYS = ["name", "start_hour", "end_hour", "days_of_week", "rate", "multiplier", "timezone"];

/** A week has 168 hours; more bands than that many times over is a mistake of a generator. */
const BANDS_MAX = 1000;
/** There are some 2,000 mobile operators and 250 countries. */
const OVERRIDES_MAX = 10_000;
const EVENTS_MAX = 100;
/** Per unit; leaves a charge of a hundred million units inside the ledger's 20 integer digits. */
const PRICE_MAX = 10n ** 12n * UNITS_PER_ONE;
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

/** Reads `rates.<channel>`; problems go to the reader. */
export function readChannelRates(
  reader: JsonReader,
  value: unknown,
  path: string,
  channel: string,
): ChannelRates {
  const fields = reader.object(value, path, CHANNEL_KEYS) ?? {};
  const events = readEvents(reader, fields["events"], child(path, "events"), channel);
  const principal = principalEvent(channel);
  const listed = events.get(principal);
  const baseRate = readPrice(reader, fields["base_rate"], child(path, "base_rate"));
  if (listed !== undefined && !absent(fields["base_rate"])) {
    reader.report(child(path, "base_rate"), `prices ${principal}, and so does events: remove one of the two`);
  }
  events.delete(principal);
  return {
    baseRate: baseRate ?? listed ?? null,
    contractRate: readPrice(reader, fields["contract_rate"], child(path, "contract_rate")),
    timeBands: readBands(reader, fields["time_bands"], child(path, "time_bands")),
    operatorRates: readOverrides(
      reader,
      fields["operator_rates"],
      child(path, "operator_rates"),
      readOperator,
    ),
    destinationRates: readOverrides(
      reader,
      fields["destination_rates"],
      child(path, "destination_rates"),
      readCountry,
    ),
    eventPrices: events,
  };
}

function readPrice(reader: JsonReader, value: unknown, path: string): Money | null {
  return reader.decimal(value, path, parsePrice, "a price from 0 to 1000000000000 with at most 18 decimals");
}

function parsePrice(text: string): Money | null {
  const price = parseMoney(text);
  return price !== null && price >= 0n && price <= PRICE_MAX ? price : null;
}

function readBands(reader: JsonReader, value: unknown, path: string): readonly TimeBand[] {
  const bands: TimeBand[] = [];
  for (const [index, entry] of (reader.list(value, path, BANDS_MAX) ?? []).entries()) {
    const bandPath = child(path, index);
    if (absent(entry)) {
      reader.report(bandPath, "must be an object, not null");
      continue;
    }
    const fields = reader.object(entry, bandPath, BAND_KEYS);
    if (fields !== null) bands.push(readBand(reader, fields, bandPath));
  }
  return bands;
}

function readBand(reader: JsonReader, fields: JsonObject, path: string): TimeBand {
  const startHour = reader.integer(
    reader.required(fields, path, "start_hour"),
    child(path, "start_hour"),
    0,
    23,
  );
  const endHour = reader.integer(reader.required(fields, path, "end_hour"), child(path, "end_hour"), 0, 24);
  if (startHour !== null && startHour === endHour) {
    reader.report(child(path, "end_hour"), "equals start_hour: for the whole day write 0 to 24");
  }
  if (absent(fields["rate"]) && absent(fields["multiplier"])) {
    reader.report(path, "has neither rate nor multiplier: give it one");
  }
  return {
    name: reader.text(reader.required(fields, path, "name"), child(path, "name"), 100) ?? "",
    startHour: startHour ?? 0,
    endHour: endHour ?? 24,
    daysOfWeek: readDays(reader, fields["days_of_week"], child(path, "days_of_week")),
    rate: readPrice(reader, fields["rate"], child(path, "rate")),
    multiplier: reader.decimal(
      fields["multiplier"],
      child(path, "multiplier"),
      parseFactor,
      "a factor from 0 to 1000 with at most 18 decimals",
    ),
    timezone: readZone(reader, fields["timezone"], child(path, "timezone")),
  };
}

function readDays(reader: JsonReader, value: unknown, path: string): readonly number[] {
  const list = reader.list(value, path, 7);
  if (list === null) return EVERY_DAY;
  if (list.length === 0)
    reader.report(path, "is empty: name the days from 0 (Sunday) to 6, or leave it out for every day");
  return list.map((day, index) => {
    if (absent(day)) reader.report(child(path, index), "must be a whole number from 0 to 6, not null");
    return reader.integer(day, child(path, index), 0, 6) ?? 0;
  });
}

/** An IANA zone; null when absent. */
export function readZone(reader: JsonReader, value: unknown, path: string): string | null {
  const zone = reader.text(value, path, 64);
  if (zone === null || zoneClock(zone) !== null) return zone;
  return reader.report(
    path,
    `must be an IANA time zone such as America/New_York, not ${JSON.stringify(zone)}`,
  );
}

function readOverrides(
  reader: JsonReader,
  value: unknown,
  path: string,
  readKey: (reader: JsonReader, key: string, path: string) => string,
): ReadonlyMap<string, NamedRate> {
  const overrides = new Map<string, NamedRate>();
  for (const [name, entry] of Object.entries(reader.map(value, path, OVERRIDES_MAX) ?? {})) {
    const entryPath = child(path, name);
    const key = readKey(reader, name, entryPath);
    const earlier = overrides.get(key);
    if (earlier !== undefined)
      reader.report(entryPath, `names the same as ${JSON.stringify(earlier.name)}: remove one of the two`);
    if (absent(entry)) reader.report(entryPath, "must be a price, not null");
    const rate = readPrice(reader, entry, entryPath);
    if (rate !== null) overrides.set(key, { name, rate });
  }
  return overrides;
}

/** Operators are matched without regard to case, since number-range data and tenants spell them differently. */
export function operatorKey(name: string): string {
  return name.trim().toLowerCase();
}

function readOperator(reader: JsonReader, name: string, path: string): string {
  reader.text(name, path, 100);
  return operatorKey(name);
}

function readCountry(reader: JsonReader, name: string, path: string): string {
  if (!/^[A-Z]{2}$/.test(name)) reader.report(path, "must be an ISO 3166-1 code of two capitals such as US");
  return name;
}

function readEvents(reader: JsonReader, value: unknown, path: string, channel: string): Map<string, Money> {
  const prices = new Map<string, Money>();
  for (const [name, entry] of Object.entries(reader.map(value, path, EVENTS_MAX) ?? {})) {
    const entryPath = child(path, name);
    const eventType = canonicalEventType(name);
    if (!/^[a-z0-9_.-]{1,64}$/.test(name) || !name.startsWith(`${channel}.`)) {
      reader.report(entryPath, `must be an event type of this channel, in lower case: ${channel}.…`);
    } else if (prices.has(eventType)) {
      reader.report(entryPath, `is ${eventType}, which is priced already: remove one of the two`);
    }
    if (absent(entry)) reader.report(entryPath, "must be a price, not null");
    const price = readPrice(reader, entry, entryPath);
    if (price !== null) prices.set(eventType, price);
  }
  return prices;
}
