import { compileFormula, type Formula } from "./formula.ts";
import { absent, child, type JsonObject, type JsonReader } from "./json-reader.ts";
import type { AttributeRate, EventPricing, Pulse, SizePrice } from "./rate-card-model.ts";
import { readPrice } from "./time-band-reader.ts";

/** Keys of an event's object, and of a channel for its principal event. */
export const PRICING_KEYS = ["per", "attribute_rates", "pulse", "size", "formula"];

const ATTRIBUTES_MAX = 20;
const ATTRIBUTE_VALUES_MAX = 10_000;
/** A year of seconds; a terabyte. */
const PULSE_MAX = 31_536_000;
const SIZE_MAX = 10 ** 12;
const ATTRIBUTE_NAME = /^[a-z][a-z0-9_]{0,39}$/;
/** As compileFormula has it. */
const FORMULA_LENGTH_MAX = 500;
/** Telephony's prices are per minute. */
const DEFAULT_PULSE_UNIT = 60;

/** What prices an event beyond its rate; null when the fields say nothing of it. */
export function readPricing(reader: JsonReader, fields: JsonObject, path: string): EventPricing | null {
  if (PRICING_KEYS.every((key) => absent(fields[key]))) return null;
  return {
    per: reader.choice(fields["per"], child(path, "per"), ["event", "part", "month"] as const),
    attributeRates: readAttributeRates(reader, fields["attribute_rates"], child(path, "attribute_rates")),
    pulse: readPulse(reader, fields["pulse"], child(path, "pulse")),
    size: readSize(reader, fields["size"], child(path, "size")),
    formula: readFormula(reader, fields["formula"], child(path, "formula")),
  };
}

function readAttributeRates(
  reader: JsonReader,
  value: unknown,
  path: string,
): EventPricing["attributeRates"] {
  const rates = new Map<string, ReadonlyMap<string, AttributeRate>>();
  for (const [attribute, entry] of Object.entries(reader.map(value, path, ATTRIBUTES_MAX) ?? {})) {
    const attributePath = child(path, attribute);
    readAttributeName(reader, attribute, attributePath);
    if (absent(entry)) reader.report(attributePath, "must be an object of prices by value, not null");
    const values = new Map<string, AttributeRate>();
    for (const [name, price] of Object.entries(
      reader.map(entry, attributePath, ATTRIBUTE_VALUES_MAX) ?? {},
    )) {
      const valuePath = child(attributePath, name);
      reader.text(name, valuePath, 100);
      if (absent(price)) reader.report(valuePath, "must be a price, not null");
      const key = attributeKey(name);
      const earlier = values.get(key);
      if (earlier !== undefined)
        reader.report(valuePath, `names the same as ${JSON.stringify(earlier.name)}: remove one of the two`);
      const rate = readPrice(reader, price, valuePath);
      if (rate !== null) values.set(key, { name, rate });
    }
    rates.set(attribute, values);
  }
  return rates;
}

/** Values are matched without regard to case. */
export function attributeKey(value: string): string {
  return value.trim().toLowerCase();
}

function readPulse(reader: JsonReader, value: unknown, path: string): Pulse | null {
  const fields = reader.object(value, path, ["attribute", "initial", "increment", "unit"]);
  if (fields === null) return null;
  const increment = reader.required(fields, path, "increment");
  return {
    attribute: readAttribute(reader, fields, path),
    initial: reader.integer(fields["initial"], child(path, "initial"), 0, PULSE_MAX) ?? 0,
    increment: reader.integer(increment, child(path, "increment"), 1, PULSE_MAX) ?? 1,
    unit: reader.integer(fields["unit"], child(path, "unit"), 1, PULSE_MAX) ?? DEFAULT_PULSE_UNIT,
  };
}

function readSize(reader: JsonReader, value: unknown, path: string): SizePrice | null {
  const fields = reader.object(value, path, ["attribute", "rate", "per"]);
  if (fields === null) return null;
  const rate = readPrice(reader, reader.required(fields, path, "rate"), child(path, "rate"));
  const per = reader.integer(reader.required(fields, path, "per"), child(path, "per"), 1, SIZE_MAX);
  const attribute = readAttribute(reader, fields, path);
  return rate === null || per === null ? null : { attribute, rate, per };
}

function readFormula(reader: JsonReader, value: unknown, path: string): Formula | null {
  const text = reader.text(value, path, FORMULA_LENGTH_MAX);
  if (text === null) return null;
  const compiled = compileFormula(text);
  return compiled.ok ? compiled.formula : reader.report(path, compiled.message);
}

function readAttribute(reader: JsonReader, fields: JsonObject, path: string): string {
  const value = reader.required(fields, path, "attribute");
  const name = reader.text(value, child(path, "attribute"), 40);
  if (name !== null) readAttributeName(reader, name, child(path, "attribute"));
  return name ?? "";
}

function readAttributeName(reader: JsonReader, name: string, path: string): void {
  if (!ATTRIBUTE_NAME.test(name))
    reader.report(path, "must name an attribute in lower case: a letter, then letters, digits and _");
}
