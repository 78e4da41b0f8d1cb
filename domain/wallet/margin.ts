import { money, type Money } from "#domain/money/money.ts";

/** What a margin report can be grouped by. */
export const MARGIN_DIMENSIONS = [
  "tenant",
  "channel",
  "event_type",
  "operator",
  "country",
  "connector",
  "day",
] as const;
export type MarginDimension = (typeof MARGIN_DIMENSIONS)[number];

export interface MarginQuery {
  /** Epoch ms of what happened; `to` exclusive. */
  readonly from: number;
  readonly to: number;
  readonly by: readonly MarginDimension[];
  readonly tenantId: string | null;
  /** IANA zone in which days turn. */
  readonly timezone: string;
}

/** One group in one currency: what was sold, and what it took. Refunds and re-ratings count on the day they were decided. */
export interface MarginRow {
  /** A value per dimension asked for; null where it is unknown. */
  readonly group: Readonly<Partial<Record<MarginDimension, string | null>>>;
  readonly currency: string;
  readonly charges: bigint;
  /** Charges whose supplier's price was not known: their cost counts as nothing. */
  readonly withoutCost: bigint;
  /** Without tax. */
  readonly revenue: Money;
  readonly cost: Money;
  readonly commission: Money;
}

/** Groups of one report; more of them are nobody's reading. */
export const MARGIN_ROWS_MAX = 10_000;

export interface MarginReports {
  /** Null when there are more than MARGIN_ROWS_MAX groups. */
  margin(query: MarginQuery): Promise<readonly MarginRow[] | null>;
}

export function marginOf({ revenue, cost, commission }: MarginRow): Money {
  return money(revenue - cost - commission);
}

/** The margin in percent of the revenue, to two decimals, cut off; null without revenue. */
export function marginPercent(row: MarginRow): string | null {
  if (row.revenue <= 0n) return null;
  const hundredths = (marginOf(row) * 10_000n) / row.revenue;
  const digits = (hundredths < 0n ? -hundredths : hundredths).toString().padStart(3, "0");
  return `${hundredths < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
