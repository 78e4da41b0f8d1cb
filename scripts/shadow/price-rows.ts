import { Poison } from "#domain/errors.ts";
import { destinationPrefix } from "#domain/messages/numbers.ts";
import { formatMoney, type Money, money, parseMoney, ZERO } from "#domain/money/money.ts";
import type { Percent } from "#domain/money/percent.ts";
import type { CompiledRateCard } from "#domain/rating/compiled-rate-card.ts";
import { canonicalEventType } from "#domain/rating/event-types.ts";
import { PLAIN_EVENT, rate, type RatedCharge } from "#domain/rating/rate.ts";
import { termsOfTaxRate } from "#domain/rating/terms.ts";
import type { ZoneClock } from "#domain/rating/zone-clock.ts";
import type { Column, ColumnMap } from "./columns.ts";

/** Differences that are totalled apart; the rest of a file with endless tenants goes under one name. */
const GROUPS_MAX = 10_000;
const OTHERS = "(others)";

export interface Total {
  rows: number;
  ours: Money;
  theirs: Money;
}

export interface PricedRow {
  readonly amount: string;
  readonly difference: string;
  readonly explanation: string;
  /** What is wrong with the row; then nothing else is set. */
  readonly problem: string;
}

export interface ShadowTerms {
  readonly card: CompiledRateCard;
  readonly zone: ZoneClock;
  readonly taxRate: Percent;
  /** Of rows that name none. */
  readonly eventType: string;
}

/** Prices call detail records as charging would: each tenant's volume counts up in the file's order. */
export class ShadowPricing {
  readonly byTenant = new Map<string, Total>();
  readonly byOperator = new Map<string, Total>();
  readonly byReason = new Map<string, Total>();
  readonly all: Total = newTotal();
  wrong = 0;
  readonly #terms: ShadowTerms;
  readonly #tenantTerms: ReturnType<typeof termsOfTaxRate>;
  readonly #columns: ColumnMap;
  readonly #counters = new Map<string, Map<string, bigint>>();

  constructor(terms: ShadowTerms, columns: ColumnMap) {
    this.#terms = terms;
    this.#tenantTerms = termsOfTaxRate(terms.taxRate);
    this.#columns = columns;
  }

  price(fields: readonly string[]): PricedRow {
    const read = this.#read(fields);
    if (typeof read === "string") return this.#refused(read);
    const { tenant, operator, theirs, event } = read;
    let counters = this.#counters.get(tenant);
    if (counters === undefined) this.#counters.set(tenant, (counters = new Map()));
    let charge: RatedCharge;
    try {
      charge = rate({
        ...PLAIN_EVENT,
        ...event,
        operator,
        counters,
        card: this.#terms.card,
        zone: this.#terms.zone,
        terms: this.#tenantTerms,
      });
    } catch (error) {
      if (error instanceof Poison) return this.#refused(error.message);
      throw error;
    }
    if (charge.volume !== null) counters.set(charge.volume.counter, charge.volume.after);
    for (const [counter, value] of charge.counters) counters.set(counter, value);
    const ours = money(charge.total + (charge.trueUp?.total ?? 0n));
    const reason = charge.priced ? reasonOf(charge) : "no price on the card";
    count(this.all, ours, theirs);
    count(group(this.byTenant, tenant), ours, theirs);
    count(group(this.byOperator, operator ?? "(unknown)"), ours, theirs);
    count(group(this.byReason, reason), ours, theirs);
    return {
      amount: formatMoney(ours),
      difference: theirs === null ? "" : formatMoney(money(ours - theirs)),
      explanation: explanationOf(charge, reason),
      problem: "",
    };
  }

  #read(fields: readonly string[]) {
    const value = (column: Column): string => {
      const at = this.#columns.at.get(column);
      return at === undefined ? "" : (fields[at] ?? "").trim();
    };
    const at = instantOf(value("timestamp"));
    if (at === null)
      return `timestamp ${JSON.stringify(value("timestamp"))} is no time: write 2026-10-31T18:00:00Z`;
    const units = value("units") === "" ? 1 : Number(value("units"));
    if (!Number.isSafeInteger(units) || units < 1)
      return `units ${JSON.stringify(value("units"))} is no whole number from 1`;
    const amount = value("amount");
    const theirs = amount === "" ? null : parseMoney(amount);
    if (amount !== "" && theirs === null) return `amount ${JSON.stringify(amount)} is no decimal number`;
    const eventType = canonicalEventType(value("event_type") || this.#terms.eventType);
    const digits = value("to").replace(/\D/g, "");
    const event = {
      eventType,
      channel: value("channel").toLowerCase() || eventType.slice(0, eventType.indexOf(".")),
      at,
      units,
      country: value("country").toUpperCase() || null,
      prefix: value("prefix") || (digits === "" ? null : destinationPrefix(`+${digits}`)),
      attributes: this.#attributes(fields),
    };
    return { tenant: value("tenant") || "(none)", operator: value("operator") || null, theirs, event };
  }

  #attributes(fields: readonly string[]): Readonly<Record<string, string>> {
    if (this.#columns.attributes.length === 0) return PLAIN_EVENT.attributes;
    return Object.fromEntries(
      this.#columns.attributes.flatMap(({ name, at }) => (fields[at] ? [[name, fields[at]]] : [])),
    );
  }

  #refused(problem: string): PricedRow {
    this.wrong += 1;
    return { amount: "", difference: "", explanation: "", problem };
  }
}

function instantOf(text: string): number | null {
  if (/^\d{13}$/.test(text)) return Number(text);
  if (/^\d{10}$/.test(text)) return Number(text) * 1000;
  // "2026-10-31 18:00:00" is read as UTC.
  const at = Date.parse(/^\d{4}-\d\d-\d\d[ T][\d:.]+$/.test(text) ? `${text.replace(" ", "T")}Z` : text);
  return /\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(at) ? at : null;
}

function reasonOf({ trace }: RatedCharge): string {
  const name = trace.band?.name ?? trace.name;
  return name === undefined ? trace.source : `${trace.source} ${name}`;
}

/** In short: a row has no room for describeCharge's lines. */
function explanationOf({ trace, base, discount, tax, trueUp }: RatedCharge, reason: string): string {
  const parts = [`${reason}: ${trace.rate ?? "0"} x ${trace.units}`, `base ${formatMoney(base)}`];
  if (discount !== 0n) parts.push(`discount ${formatMoney(discount)}`);
  if (tax !== 0n) parts.push(`tax ${formatMoney(tax)}`);
  if (trueUp !== null) parts.push(`true-up ${formatMoney(trueUp.total)}`);
  return parts.join("; ");
}

function newTotal(): Total {
  return { rows: 0, ours: ZERO, theirs: ZERO };
}

function group(groups: Map<string, Total>, name: string): Total {
  const key = groups.size >= GROUPS_MAX && !groups.has(name) ? OTHERS : name;
  let total = groups.get(key);
  if (total === undefined) groups.set(key, (total = newTotal()));
  return total;
}

function count(total: Total, ours: Money, theirs: Money | null): void {
  total.rows += 1;
  total.ours = money(total.ours + ours);
  if (theirs !== null) total.theirs = money(total.theirs + theirs);
}
