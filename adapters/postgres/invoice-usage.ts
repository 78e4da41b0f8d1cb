import { z } from "zod";
import { money, type Money, ZERO } from "#domain/money/money.ts";
import type { EntryGroup } from "#domain/invoicing/lines.ts";
import type { CloseMark } from "#domain/invoicing/membership.ts";
import { UNLISTED_PREFIXES } from "#domain/invoicing/wallet-entries.ts";
import type { TaxTerms } from "#domain/invoicing/tax-categories.ts";
import { storedMoney } from "./ledger-columns.ts";
import type { Client } from "./pool.ts";

/** Which entries of a wallet a close holds; see domain/invoicing/membership.ts. */
export interface ClosedRange extends CloseMark {
  readonly walletId: string;
  /** Epoch ms of the period's beginning: what happened before it came late. */
  readonly beganAt: number;
  readonly before: (CloseMark & { readonly freeSequence: bigint }) | null;
}

/** What a close holds, added up. */
export interface ClosedUsage {
  readonly groups: readonly EntryGroup[];
  readonly entries: bigint;
  /** What the wallet moved by, and of it what was paid in. */
  readonly moved: Money;
  readonly credits: Money;
  /** The lowest sequence that the next close may still hold. */
  readonly freeSequence: bigint;
}

/** Terms of tax as a trace has them, in four columns: plain percentage, list, exemptions, reverse charge. */
const TAX_COLUMNS = `trace->>'tax' AS tax, trace->'taxes' AS taxes, trace->'exempt' AS exempt, trace->>'reverseCharge' AS reverse_charge,
  trace ? 'inclusive' AS inclusive`;

/** $1 wallet, $2 first and $3 last sequence, $4 end and $5 beginning of the period, $6 sequence and $7 end of the close before (or null). */
const FREE = `e.wallet_id = $1 AND e.sequence BETWEEN $2 AND $3
  AND ($6::bigint IS NULL OR e.sequence > $6::bigint OR e.occurred_at >= $7::timestamptz)`;

/** Terms of tax that few traces have: they are looked at in those alone. */
const RARE_TERMS = `CASE WHEN e.trace ?| '{taxes,exempt,reverseCharge,inclusive}'
  THEN jsonb_build_array(e.trace->'taxes', e.trace->'exempt', e.trace->'reverseCharge', e.trace ? 'inclusive') END`;

/**
 * One pass over the wallet's index, in three steps, the first of which sees every entry and does as little with it as can be: entries that are alike are
 * added up, then sessions (by message, or by the attribute `session` of events that were posted), then whatever is alike after that. Entries of
 * after the period are seen too, for they are what the next close begins with.
 */
const GROUPS = `
  SELECT after, late, entry_type, own, event_type, session IS NOT NULL AS session, reason, tax, taxes, exempt, reverse_charge, inclusive,
         CASE WHEN session IS NULL THEN price ELSE base END AS price, units, interactions,
         sum(CASE WHEN session IS NULL THEN entries ELSE 1 END)::bigint AS count, sum(entries)::bigint AS entries, sum(base) AS base,
         sum(amount) AS amount, sum(tax_amount) AS tax_amount, min(first_sequence) AS first_sequence
    FROM (
      SELECT after, late, entry_type, own, CASE WHEN session IS NULL THEN event_type ELSE 'ussd.session' END AS event_type, session, reason, tax,
             terms->>0 AS taxes, terms->>1 AS exempt, terms->>2 AS reverse_charge, coalesce((terms->>3)::boolean, false) AS inclusive,
             CASE WHEN session IS NULL THEN price END AS price, CASE WHEN session IS NULL THEN coalesce(units::bigint, 1) ELSE 1 END AS units,
             sum(CASE WHEN session IS NOT NULL AND event_type IN ('ussd.response.sent', 'ussd.menu.action') THEN entries ELSE 0 END) AS interactions,
             sum(entries) AS entries, sum(price * entries) AS base, sum(amount) AS amount, sum(tax_amount) AS tax_amount,
             min(first_sequence) AS first_sequence
        FROM (
          SELECT e.occurred_at >= $4::timestamptz AS after, e.occurred_at < $5::timestamptz AS late, e.entry_type, e.event_type,
                 e.entry_type = 'adjustment' AND e.event_id ^@ ANY ($8::text[]) AS own,
                 CASE WHEN e.entry_type = 'adjustment' THEN e.trace->>'reason' END AS reason,
                 CASE WHEN e.entry_type = 'charge' AND starts_with(e.event_type, 'ussd.')
                      THEN coalesce(e.trace #>> '{in,attributes,session}', e.message_id) END AS session,
                 coalesce(e.base, 0) AS price, e.trace->>'units' AS units, e.trace->>'tax' AS tax, ${RARE_TERMS} AS terms,
                 count(*) AS entries, sum(e.amount) AS amount, sum(e.tax) AS tax_amount, min(e.sequence) AS first_sequence
            FROM ledger_entries e
           WHERE ${FREE}
           GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) alike
       GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14) step
   GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15`;

/**
 * Compiling takes longer than running; the planner expects as many groups as entries, which it would sort; and the many that are closed at
 * once keep every core busy already.
 */
const PLANNING = `SELECT set_config('jit', 'off', true), set_config('enable_sort', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)`;

/** Corrections have the event type and the tax of the charge that they correct. */
const CORRECTIONS = `
  SELECT late, entry_type, event_type, tax, taxes::text AS taxes, exempt::text AS exempt, reverse_charge, inclusive, count(*) AS count,
         sum(amount) AS amount, sum(tax_amount) AS tax_amount
    FROM (
      SELECT e.occurred_at < $5::timestamptz AS late, e.entry_type, coalesce(o.event_type, e.event_type) AS event_type, e.amount,
             e.tax AS tax_amount, o.tax, o.taxes, o.exempt, o.reverse_charge, coalesce(o.inclusive, false) AS inclusive
        FROM ledger_entries e LEFT JOIN LATERAL (
          SELECT event_type, ${TAX_COLUMNS} FROM ledger_entries WHERE event_id = e.trace->>'corrects' LIMIT 1) o ON true
       WHERE ${FREE} AND e.occurred_at < $4::timestamptz AND e.entry_type IN ('refund', 're_rating')) correction
   GROUP BY late, entry_type, event_type, tax, taxes, exempt, reverse_charge, inclusive`;

/** Adds up what the close holds. */
export async function readClosedUsage(client: Client, range: ClosedRange): Promise<ClosedUsage> {
  await client.query(PLANNING);
  const values = [
    range.walletId,
    range.before?.freeSequence.toString() ?? "1",
    range.lastSequence.toString(),
    new Date(range.endedAt),
    new Date(range.beganAt),
    range.before?.lastSequence.toString() ?? null,
    range.before === null ? null : new Date(range.before.endedAt),
  ];
  const { rows } = await client.query<GroupRow>({
    name: "invoice-usage",
    text: GROUPS,
    values: [...values, UNLISTED_PREFIXES],
  });
  const held = rows.filter((row) => !row.after);
  const plain = held.filter((row) => isListed(row) && !isCorrection(row)).map(groupOf);
  const corrected = held.some(isCorrection)
    ? (await client.query<CorrectionRow>(CORRECTIONS, values)).rows.map(correctionOf)
    : [];
  const free = rows.filter((row) => row.after).map((row) => BigInt(row.first_sequence));
  return {
    groups: [...plain, ...corrected],
    entries: held.reduce((sum, row) => sum + BigInt(row.entries), 0n),
    moved: total(held),
    credits: total(held.filter((row) => row.own || row.entry_type === "top_up")),
    freeSequence: free.reduce((least, first) => (first < least ? first : least), range.lastSequence + 1n),
  };
}

/** Top-ups and what invoices post themselves are no usage; an opening volume moves nothing. */
function isListed({ entry_type: type, own }: GroupRow): boolean {
  return !own && type !== "top_up" && type !== "opening_volume";
}

function isCorrection({ entry_type: type }: { readonly entry_type: string }): boolean {
  return type === "refund" || type === "re_rating";
}

interface TaxRow {
  readonly tax: string | null;
  readonly taxes: string | null;
  readonly exempt: string | null;
  readonly reverse_charge: string | null;
}

interface GroupRow extends TaxRow {
  readonly after: boolean;
  readonly late: boolean;
  readonly entry_type: string;
  readonly own: boolean;
  readonly event_type: string;
  readonly session: boolean;
  readonly reason: string | null;
  readonly inclusive: boolean;
  readonly price: string;
  readonly units: string;
  readonly interactions: string;
  readonly count: string;
  readonly entries: string;
  readonly base: string;
  readonly amount: string;
  readonly tax_amount: string;
  readonly first_sequence: string;
}

type CorrectionRow = TaxRow &
  Pick<GroupRow, "late" | "entry_type" | "event_type" | "inclusive" | "count" | "amount" | "tax_amount">;

function groupOf(row: GroupRow): EntryGroup {
  const tax = storedMoney(row.tax_amount);
  const kind = row.session
    ? "session"
    : row.entry_type === "charge"
      ? "usage"
      : (row.entry_type as EntryGroup["kind"]);
  return {
    kind,
    eventType: row.event_type,
    late: row.late,
    price: storedMoney(row.price),
    units: BigInt(row.units),
    interactions: row.session ? Number(row.interactions) : 0,
    reason: row.reason,
    count: BigInt(row.count),
    base: storedMoney(row.base),
    net: money(-(storedMoney(row.amount) + tax)),
    tax,
    terms: termsOf(row),
    inclusive: row.inclusive,
  };
}

function correctionOf(row: CorrectionRow): EntryGroup {
  const tax = storedMoney(row.tax_amount);
  const net = money(-(storedMoney(row.amount) + tax));
  return {
    kind: row.entry_type as EntryGroup["kind"],
    eventType: row.event_type,
    late: row.late,
    price: net,
    units: 1n,
    interactions: 0,
    reason: null,
    count: BigInt(row.count),
    base: net,
    net,
    tax,
    terms: termsOf(row),
    inclusive: false,
  };
}

const taxList = z.array(
  z.object({ name: z.string(), percent: z.string(), compound: z.literal(true).optional() }),
);
const exemptList = z.array(z.object({ tax: z.string(), certificate: z.string() }));

function termsOf(row: TaxRow): TaxTerms {
  const taxes =
    row.taxes !== null
      ? taxList.parse(JSON.parse(row.taxes))
      : row.tax !== null
        ? [{ name: "Tax", percent: row.tax }]
        : [];
  const exempt = row.exempt === null ? [] : exemptList.parse(JSON.parse(row.exempt));
  return { taxes, exempt, reverseCharge: row.reverse_charge };
}

function total(rows: readonly GroupRow[]): Money {
  return money(rows.reduce<bigint>((sum, row) => sum + storedMoney(row.amount), ZERO));
}
