/** A day of the books: what was recorded in [from, to), whenever it happened. Days are UTC's, whatever zone a tenant lives in. */
export interface SettlementDay {
  /** YYYY-MM-DD. */
  readonly day: string;
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** So long after its end a day is settled: transactions that began before midnight have ended, and providers have booked what they took. */
export const SETTLED_AFTER_HOURS = 4;

/** Null for what is no day of the calendar. */
export function settlementDay(day: string): SettlementDay | null {
  const from = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(from) || isoDay(from) !== day) return null;
  return { day, from, to: from + DAY_MS };
}

/** Epoch ms from which the day may be settled. */
export function settleableFrom({ to }: SettlementDay): number {
  return to + SETTLED_AFTER_HOURS * HOUR_MS;
}

/** The newest day that may be settled at this time. */
export function lastSettleableDay(now: number): string {
  return isoDay(now - SETTLED_AFTER_HOURS * HOUR_MS - DAY_MS);
}

export function isoDay(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
