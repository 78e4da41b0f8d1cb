import { type Factor, parseFactor } from "#domain/money/factor.ts";
import { parsePercent } from "#domain/money/percent.ts";
import { readChannels } from "./card-discounts.ts";
import { absent, child, type JsonReader } from "./json-reader.ts";
import type { Surge, SurgeLimits, TimeBand } from "./rate-card-model.ts";
import { readHours } from "./time-band-reader.ts";

const SURGES_MAX = 1000;
const SCHEDULE_KEYS = ["start_hour", "end_hour", "days_of_week", "timezone"];

export function readSurges(reader: JsonReader, value: unknown): readonly Surge[] {
  return (reader.list(value, "surge", SURGES_MAX) ?? []).flatMap((entry, index) => {
    const path = child("surge", index);
    if (absent(entry)) reader.report(path, "must be an object, not null");
    const surge = readSurge(reader, entry, path);
    return surge === null ? [] : [surge];
  });
}

function readSurge(reader: JsonReader, entry: unknown, path: string): Surge | null {
  const fields = reader.object(entry, path, ["name", "channels", "schedule", "load", "multiplier"]);
  if (fields === null) return null;
  const name = reader.text(reader.required(fields, path, "name"), child(path, "name"), 100);
  const channels = readChannels(reader, fields["channels"], child(path, "channels"));
  const schedule = readSchedule(reader, fields["schedule"], child(path, "schedule"), name ?? "");
  const load = reader.object(fields["load"], child(path, "load"), ["above"]);
  const abovePath = child(child(path, "load"), "above");
  const above =
    load === null
      ? null
      : reader.decimal(
          reader.required(load, child(path, "load"), "above"),
          abovePath,
          parsePercent,
          "a percentage from 0 to 1000 with at most 18 decimals",
        );
  const multiplier = readFactor(
    reader,
    reader.required(fields, path, "multiplier"),
    child(path, "multiplier"),
  );
  if (absent(fields["schedule"]) && absent(fields["load"]))
    reader.report(path, "has neither schedule nor load: give it one, or both");
  return name === null || multiplier === null ? null : { name, channels, schedule, above, multiplier };
}

function readSchedule(reader: JsonReader, value: unknown, path: string, name: string): TimeBand | null {
  const fields = reader.object(value, path, SCHEDULE_KEYS);
  if (fields === null) return null;
  const hours = readHours(reader, fields, path);
  return { name, ...hours, rate: null, multiplier: null, validFrom: null, validTo: null, holidays: null };
}

export function readSurgeLimits(reader: JsonReader, value: unknown): SurgeLimits {
  const fields = reader.object(value, "surge_limits", ["max_multiplier", "floor_multiplier"]) ?? {};
  const max = readFactor(reader, fields["max_multiplier"], "surge_limits.max_multiplier");
  const floor = readFactor(reader, fields["floor_multiplier"], "surge_limits.floor_multiplier");
  if (max !== null && floor !== null && floor > max)
    reader.report("surge_limits.floor_multiplier", "is above max_multiplier: exchange the two");
  return { max, floor };
}

function readFactor(reader: JsonReader, value: unknown, path: string): Factor | null {
  return reader.decimal(value, path, parseFactor, "a factor from 0 to 1000 with at most 18 decimals");
}
