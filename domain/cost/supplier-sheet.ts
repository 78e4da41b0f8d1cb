import { z } from "zod";
import { type Money, parseMoney } from "#domain/money/money.ts";
import { operatorKey } from "#domain/rating/channel-rates.ts";
import { startOfDay, zoneClock } from "#domain/rating/zone-clock.ts";
import type { UnitCost } from "./unit-cost.ts";

const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, "must be a calendar day such as 2026-01-31");

/** One price of a supplier; a row without prefix, operator and country is for every destination. */
const row = z
  .strictObject({
    /** Leading digits of the number in E.164, without +. */
    prefix: z
      .string()
      .regex(/^\d{1,9}$/, "must be 1 to 9 digits")
      .optional(),
    operator: z.string().min(1).max(100).optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, "must be an ISO 3166-1 code of two capitals")
      .optional(),
    /** Per unit, decimal string. */
    rate: z.string().refine((text) => (parseMoney(text) ?? -1n) >= 0n, "must be a price of zero or more"),
    /** Days (UTC), [from, to). */
    validFrom: day.optional(),
    validTo: day.optional(),
  })
  .refine(({ prefix, operator, country }) => [prefix, operator, country].filter(Boolean).length <= 1, {
    error: "names more than one of prefix, operator and country: make rows of their own",
  });

/** Half of what Kafka takes in one record. */
const ROWS_MAX = 5_000;

/**
 * What a connector's supplier takes, the buy side of a rate card; on control.rules keyed `supplier:<connector>:<version>`.
 * The version with the greatest validFrom ≤ the event's time holds.
 */
export const supplierSheet = z.object({
  v: z.literal(1),
  type: z.literal("supplier_sheet"),
  /** The connection that messages leave by. */
  connector: z.string().min(1).max(100),
  version: z.number().int().min(1),
  /** Epoch ms, two seconds after it was stored at the earliest. */
  validFrom: z.number().int(),
  /** ISO 4217. */
  currency: z.string().length(3),
  rows: z.array(row).max(ROWS_MAX),
});

export type SupplierSheet = z.infer<typeof supplierSheet>;
export type SupplierRow = SupplierSheet["rows"][number];

interface DatedCost {
  readonly from: number;
  readonly to: number;
  readonly cost: UnitCost;
}

/** Ready to look up in: immutable, shared by every charge. */
export interface CompiledSupplierSheet {
  readonly connector: string;
  readonly version: number;
  readonly validFrom: number;
  readonly currency: string;
  readonly prefixes: ReadonlyMap<string, readonly DatedCost[]>;
  /** Longest first. */
  readonly prefixLengths: readonly number[];
  readonly operators: ReadonlyMap<string, readonly DatedCost[]>;
  readonly countries: ReadonlyMap<string, readonly DatedCost[]>;
  readonly everywhere: readonly DatedCost[];
}

/** Where a message goes, as far as it is known. */
export interface CostPlace {
  readonly prefix: string | null;
  readonly operator: string | null;
  readonly country: string | null;
}

/** Key of a version's record on control.rules. */
export function supplierKey({ connector, version }: SupplierSheet): string {
  return `supplier:${connector}:${version}`;
}

export function compileSupplierSheet(sheet: SupplierSheet): CompiledSupplierSheet {
  const prefixes = new Map<string, DatedCost[]>();
  const operators = new Map<string, DatedCost[]>();
  const countries = new Map<string, DatedCost[]>();
  const everywhere: DatedCost[] = [];
  for (const one of sheet.rows) {
    const dated = datedCost(sheet, one);
    if (one.prefix !== undefined) append(prefixes, one.prefix, dated);
    else if (one.operator !== undefined) append(operators, operatorKey(one.operator), dated);
    else if (one.country !== undefined) append(countries, one.country, dated);
    else everywhere.push(dated);
  }
  const prefixLengths = [...new Set([...prefixes.keys()].map((prefix) => prefix.length))].sort(
    (one, other) => other - one,
  );
  const { connector, version, validFrom, currency } = sheet;
  return Object.freeze({
    connector,
    version,
    validFrom,
    currency,
    prefixes,
    prefixLengths,
    operators,
    countries,
    everywhere,
  });
}

/** What a unit costs at `at` (epoch ms): by operator, else by the longest prefix, else by country, else everywhere; null when no row is in force. */
export function unitCost(sheet: CompiledSupplierSheet, place: CostPlace, at: number): UnitCost | null {
  const { prefix, operator, country } = place;
  return (
    (operator === null ? null : inForce(sheet.operators.get(operatorKey(operator)), at)) ??
    (prefix === null ? null : prefixCost(sheet, prefix, at)) ??
    (country === null ? null : inForce(sheet.countries.get(country), at)) ??
    inForce(sheet.everywhere, at)
  );
}

function prefixCost(sheet: CompiledSupplierSheet, prefix: string, at: number): UnitCost | null {
  for (const length of sheet.prefixLengths) {
    if (length > prefix.length) continue;
    const cost = inForce(sheet.prefixes.get(prefix.slice(0, length)), at);
    if (cost !== null) return cost;
  }
  return null;
}

/** The last that began: a later row of a sheet takes over from an earlier one. */
function inForce(costs: readonly DatedCost[] | undefined, at: number): UnitCost | null {
  let latest: DatedCost | null = null;
  for (const one of costs ?? []) {
    if (at < one.from || at >= one.to) continue;
    if (latest === null || one.from >= latest.from) latest = one;
  }
  return latest?.cost ?? null;
}

function datedCost({ connector, version, currency }: SupplierSheet, one: SupplierRow): DatedCost {
  const { prefix, operator, country, rate, validFrom, validTo } = one;
  const where = prefix ?? operator ?? country ?? "everywhere";
  const cost = Object.freeze({
    rate: parseMoney(rate) as Money,
    currency,
    sheet: `${connector}:${version}`,
    row: where,
  });
  return Object.freeze({ from: instant(validFrom, -Infinity), to: instant(validTo, Infinity), cost });
}

const UTC = zoneClock("UTC")!;

function instant(date: string | undefined, open: number): number {
  return date === undefined ? open : (startOfDay(UTC, date) ?? open);
}

function append<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
