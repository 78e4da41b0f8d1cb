const DAY_MS = 86_400_000;

/** Days after the due day on which a payment is tried and the payer told. */
export const DUNNING_DAYS: readonly number[] = [0, 3, 7, 14];

/** Most days that a calendar may have, and the latest of them. */
const DUNNING_MAX = { days: 10, lastDay: 90 };

/** Null where it is one: whole days, ascending, at least one, the first not before the due day. */
export function dunningProblem(days: readonly number[]): string | null {
  if (days.length === 0 || days.length > DUNNING_MAX.days) return `must name 1 to ${DUNNING_MAX.days} days`;
  if (days.some((day) => !Number.isInteger(day) || day < 0 || day > DUNNING_MAX.lastDay))
    return `must hold whole days from 0 to ${DUNNING_MAX.lastDay}`;
  return days.some((day, index) => index > 0 && day <= days[index - 1]!) ? "must ascend" : null;
}

/**
 * When a payment is tried (epoch ms, ascending): at once, and on the calendar's days from the due day on, as far as they lie ahead. Days are
 * 24 hours: a retry is owed to nobody's wall clock.
 * @param dueAt null: due at once.
 */
export function dunningTimes(startedAt: number, dueAt: number | null, days: readonly number[]): number[] {
  const due = Math.max(startedAt, dueAt ?? startedAt);
  return [startedAt, ...days.map((day) => due + day * DAY_MS).filter((at) => at > startedAt)];
}
