import { parseFactor } from "#domain/money/factor.ts";
import { type Money, parseMoney, UNITS_PER_ONE } from "#domain/money/money.ts";
import { absent, child, type JsonObject, type JsonReader } from "./json-reader.ts";
import type { TimeBand } from "./rate-card-model.ts";
import { dayNumber, zoneClock } from "./zone-clock.ts";

const BAND_KEYS = [
  "name",
  "start_hour",
  "end_hour",
  "days_of_week",
  "rate",
  "multiplier",
  "timezone",
  "valid_from",
  "valid_to",
  "holidays",
];

/** A week has 168 hours; more bands than that many times over is a mistake of a generator. */
const BANDS_MAX = 1000;
/** Per unit; leaves a charge of a hundred million units inside the ledger's 20 integer digits. */
export const PRICE_MAX = 10n ** 12n * UNITS_PER_ONE;
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

export function readPrice(reader: JsonReader, value: unknown, path: string): Money | null {
  return reader.decimal(value, path, parsePrice, "a price from 0 to 1000000000000 with at most 18 decimals");
}

function parsePrice(text: string): Money | null {
  const price = parseMoney(text);
  return price !== null && price >= 0n && price <= PRICE_MAX ? price : null;
}

export function readBands(reader: JsonReader, value: unknown, path: string): readonly TimeBand[] {
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
  const hours = readHours(reader, fields, path);
  if (absent(fields["rate"]) && absent(fields["multiplier"])) {
    reader.report(path, "has neither rate nor multiplier: give it one");
  }
  const holidays = reader.choice(fields["holidays"], child(path, "holidays"), ["only", "never"] as const);
  return {
    name: reader.text(reader.required(fields, path, "name"), child(path, "name"), 100) ?? "",
    ...hours,
    rate: readPrice(reader, fields["rate"], child(path, "rate")),
    multiplier: reader.decimal(
      fields["multiplier"],
      child(path, "multiplier"),
      parseFactor,
      "a factor from 0 to 1000 with at most 18 decimals",
    ),
    ...readValidity(reader, fields, path),
    holidays,
  };
}

/** start_hour, end_hour, days_of_week and timezone. */
export function readHours(
  reader: JsonReader,
  fields: JsonObject,
  path: string,
): Pick<TimeBand, "startHour" | "endHour" | "daysOfWeek" | "timezone"> {
  const start = reader.required(fields, path, "start_hour");
  const startHour = reader.integer(start, child(path, "start_hour"), 0, 23);
  const endHour = reader.integer(reader.required(fields, path, "end_hour"), child(path, "end_hour"), 0, 24);
  if (startHour !== null && startHour === endHour) {
    reader.report(child(path, "end_hour"), "equals start_hour: for the whole day write 0 to 24");
  }
  return {
    startHour: startHour ?? 0,
    endHour: endHour ?? 24,
    daysOfWeek: readDays(reader, fields["days_of_week"], child(path, "days_of_week")),
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

/** valid_from and valid_to. */
export function readValidity(
  reader: JsonReader,
  fields: JsonObject,
  path: string,
): { readonly validFrom: string | null; readonly validTo: string | null } {
  const validFrom = readDay(reader, fields["valid_from"], child(path, "valid_from"));
  const validTo = readDay(reader, fields["valid_to"], child(path, "valid_to"));
  if (validFrom !== null && validTo !== null && validTo <= validFrom) {
    reader.report(child(path, "valid_to"), "must be later than valid_from: it is the first day without");
  }
  return { validFrom, validTo };
}

export function readDay(reader: JsonReader, value: unknown, path: string): string | null {
  const day = reader.text(value, path, 40);
  if (day === null || dayNumber(day) !== null) return day;
  return reader.report(path, `must be a calendar day such as 2024-01-01, not ${JSON.stringify(day)}`);
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
