import { type Money, money, ZERO } from "#domain/money/money.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";
import { channelOf, eventWords } from "./event-words.ts";
import { taxKey, type TaxTerms } from "./tax-categories.ts";

/**
 * Entries of a closed period that are alike, added up. Of a `session` each is one USSD session, whose `price` and `interactions` its events
 * came to; of `usage` each is one charge.
 */
export interface EntryGroup {
  readonly kind: "usage" | "session" | "true_up" | "refund" | "re_rating" | "adjustment";
  /** Of corrections, the corrected charge's. */
  readonly eventType: string;
  /** Happened before the period. */
  readonly late: boolean;
  /** Of one, before discounts and with the taxes that it contains. */
  readonly price: Money;
  /** Of one. */
  readonly units: bigint;
  /** Responses sent and menu actions of one session. */
  readonly interactions: number;
  /** Of an adjustment. */
  readonly reason: string | null;
  readonly count: bigint;
  /** What all of them come to. */
  readonly base: Money;
  readonly net: Money;
  readonly tax: Money;
  readonly terms: TaxTerms;
  /** Whether `price` and `base` contain the tax. */
  readonly inclusive: boolean;
}

/** A line of an invoice before its amount is rounded. */
export interface ExactLine {
  readonly description: string;
  readonly channel: string;
  readonly eventType: string;
  readonly quantity: bigint;
  readonly unitRate: Money;
  readonly discount: Money;
  readonly net: Money;
  readonly terms: TaxTerms;
  readonly late: boolean;
}

/** What of an invoice comes first; late lines after those of the period. */
const ORDER: readonly EntryGroup["kind"][] = [
  "usage",
  "session",
  "true_up",
  "refund",
  "re_rating",
  "adjustment",
];

/** One line per channel, event type, unit rate and tax; per shape and price of USSD sessions; per kind of correction. */
export function exactLines(groups: readonly EntryGroup[]): readonly ExactLine[] {
  const lines = new Map<string, { group: EntryGroup; line: ExactLine }>();
  for (const group of groups) {
    const line = lineOf(group);
    const key = [
      group.kind,
      line.eventType,
      line.late,
      // Corrections of many prices are one line.
      isCorrection(group) ? group.reason : rateKey(group),
      group.interactions,
      taxKey(group.terms),
      group.inclusive,
    ].join("|");
    const before = lines.get(key);
    lines.set(key, { group, line: before === undefined ? line : together(group, before.line, line) });
  }
  return [...lines.values()].sort(inOrder).map(({ line }) => line);
}

function lineOf(group: EntryGroup): ExactLine {
  const { eventType, late, net, terms } = group;
  const shown = { channel: channelOf(eventType), eventType, net, terms, late };
  if (isCorrection(group))
    return { ...shown, description: descriptionOf(group), quantity: 1n, unitRate: net, discount: ZERO };
  const charged = group.inclusive ? money(net + group.tax) : net;
  return {
    ...shown,
    description: descriptionOf(group),
    quantity: group.count * group.units,
    unitRate: divideHalfEven(group.price, group.units).amount,
    discount: money(group.base - charged),
  };
}

function together(group: EntryGroup, one: ExactLine, other: ExactLine): ExactLine {
  const net = money(one.net + other.net);
  if (isCorrection(group)) return { ...one, net, unitRate: net };
  return {
    ...one,
    net,
    quantity: one.quantity + other.quantity,
    discount: money(one.discount + other.discount),
  };
}

function isCorrection({ kind }: EntryGroup): boolean {
  return kind !== "usage" && kind !== "session";
}

/** Exactly the price of a unit: 0.03 for 2 is 0.015 for 1, but 0.01 for 3 is nobody's rounded price. */
function rateKey({ price, units }: EntryGroup): string {
  const divisor = greatestCommonDivisor(price, units);
  return `${price / divisor}/${units / divisor}`;
}

function greatestCommonDivisor(one: bigint, other: bigint): bigint {
  let [large, small] = [one < 0n ? -one : one, other];
  while (small !== 0n) [large, small] = [small, large % small];
  return large;
}

function descriptionOf({ kind, eventType, interactions, reason }: EntryGroup): string {
  const words = eventWords(eventType);
  switch (kind) {
    case "usage":
      return words;
    case "session":
      return `USSD Session - ${interactions} ${interactions === 1 ? "interaction" : "interactions"}`;
    case "true_up":
      return `Volume discount of the month – ${words}`;
    case "refund":
      return `Refund – ${words}`;
    case "re_rating":
      return `Price correction – ${words}`;
    case "adjustment":
      return `Adjustment – ${reason ?? "without a reason"}`;
  }
}

type Ordered = { readonly group: EntryGroup; readonly line: ExactLine };

function inOrder(one: Ordered, other: Ordered): number {
  const [first, second] = [sortKey(one), sortKey(other)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function sortKey({ group, line }: Ordered): string {
  // Dearer units first: the digits of the rate, counted down.
  const rate = (10n ** 40n - line.unitRate).toString().padStart(41, "0");
  return [ORDER.indexOf(group.kind), line.late, line.channel, line.eventType, rate, line.description].join(
    "|",
  );
}

/** The line of what is missing to a period's commitment. */
export function commitmentLine(missing: Money, terms: TaxTerms): ExactLine {
  return {
    description: "Minimum commitment of the period",
    channel: "platform",
    eventType: "commitment",
    quantity: 1n,
    unitRate: missing,
    discount: ZERO,
    net: missing,
    terms,
    late: false,
  };
}
