import { LosslessNumber } from "lossless-json";
import type { CardRemark } from "./rate-card-model.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** A hopeless card is not worth a page per mistake; the rest is counted. */
const PROBLEMS_MAX = 100;

/** Text is shown to people and stored by PostgreSQL, which refuses NUL and lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/**
 * Reads fields of lossless JSON and collects every problem with its path instead of stopping at the first.
 * Each method returns null for what is absent or wrong; only what is wrong is reported.
 */
export class JsonReader {
  readonly #problems: CardRemark[] = [];
  #dropped = 0;

  get problems(): readonly CardRemark[] {
    if (this.#dropped === 0) return this.#problems;
    return [...this.#problems, { path: "", message: `and ${this.#dropped} more problems` }];
  }

  report(path: string, message: string): null {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push({ path, message });
    else this.#dropped += 1;
    return null;
  }

  /** An object that has no keys but `keys`; `hints` say what to do about likely others. */
  object(
    value: unknown,
    path: string,
    keys: readonly string[],
    hints: Readonly<Record<string, string>> = {},
  ): JsonObject | null {
    const fields = this.map(value, path, keys.length + PROBLEMS_MAX);
    if (fields === null) return null;
    for (const key of Object.keys(fields)) {
      if (keys.includes(key)) continue;
      const remedy = Object.hasOwn(hints, key) ? hints[key] : `known here: ${keys.join(", ")}`;
      this.report(child(path, key), `unknown key; ${remedy}`);
    }
    return fields;
  }

  /** An object with free keys, at most `max` of them. */
  map(value: unknown, path: string, max: number): JsonObject | null {
    if (absent(value)) return null;
    if (!isObject(value)) return this.report(path, `must be an object, not ${shown(value)}`);
    const count = Object.keys(value).length;
    if (count > max) return this.report(path, `has ${count} entries; at most ${max} are allowed`);
    return value;
  }

  list(value: unknown, path: string, max: number): readonly unknown[] | null {
    if (absent(value)) return null;
    if (!Array.isArray(value)) return this.report(path, `must be a list, not ${shown(value)}`);
    if (value.length > max)
      return this.report(path, `has ${value.length} entries; at most ${max} are allowed`);
    return value as readonly unknown[];
  }

  text(value: unknown, path: string, lengthMax: number): string | null {
    if (absent(value)) return null;
    if (typeof value !== "string") return this.report(path, `must be text, not ${shown(value)}`);
    if (value.trim() === "" || value.length > lengthMax || UNPRINTABLE.test(value)) {
      return this.report(path, `must be 1 to ${lengthMax} printable characters`);
    }
    return value;
  }

  choice<Choice extends string>(value: unknown, path: string, choices: readonly Choice[]): Choice | null {
    if (absent(value)) return null;
    const chosen = choices.find((choice) => choice === value);
    return chosen ?? this.report(path, `must be one of ${choices.join(", ")}, not ${shown(value)}`);
  }

  integer(value: unknown, path: string, min: number, max: number): number | null {
    if (absent(value)) return null;
    const digits = value instanceof LosslessNumber ? value.value : "";
    const number = /^-?\d{1,15}$/.test(digits) ? Number(digits) : NaN;
    if (number >= min && number <= max) return number;
    return this.report(path, `must be a whole number from ${min} to ${max}, not ${shown(value)}`);
  }

  /** A number, or its decimal text in quotes, brought to an exact value by `read`; `expected` completes "must be …". */
  decimal<Value>(
    value: unknown,
    path: string,
    read: (text: string) => Value | null,
    expected: string,
  ): Value | null {
    if (absent(value)) return null;
    const text = value instanceof LosslessNumber ? value.value : value;
    const result = typeof text === "string" ? read(text) : null;
    return result ?? this.report(path, `must be ${expected}, not ${shown(value)}`);
  }

  /** Passes the field's value on, and reports it when it is absent. */
  required(fields: JsonObject, path: string, key: string): unknown {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (absent(value)) this.report(child(path, key), "is required");
    return value;
  }
}

/** `rates` + `sms` → "rates.sms"; keys that are no plain names are quoted: rates.sms.events["sms.submit"]. */
export function child(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  if (!/^[\w-]{1,64}$/.test(key)) return `${path}[${JSON.stringify(key.slice(0, 64))}]`;
  return path === "" ? key : `${path}.${key}`;
}

export function isObject(value: unknown): value is JsonObject {
  if (typeof value !== "object" || value === null) return false;
  return !Array.isArray(value) && !(value instanceof LosslessNumber);
}

export function absent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function shown(value: unknown): string {
  if (value instanceof LosslessNumber) return value.value.slice(0, 40);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return typeof value === "boolean" ? String(value) : "an object";
}
