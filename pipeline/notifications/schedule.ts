const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits before the second to the tenth attempt, some 75 hours in all: the schedule that Standard Webhooks recommends. */
const WAITS_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** What failed together is not tried again together. */
const JITTER = 0.1;

/**
 * When to try again.
 * @param attempts made so far (≥ 1).
 * @param retryAfterMs what the endpoint asked for; only ever makes the wait longer.
 * @param random in [0, 1).
 * @returns epoch ms, or null after the last attempt.
 */
export function nextAttemptAt(
  attempts: number,
  now: number,
  retryAfterMs: number | null,
  random: number,
): number | null {
  const wait = WAITS_MS[attempts - 1];
  if (wait === undefined) return null;
  return now + Math.max(Math.round(wait * (1 + JITTER * random)), retryAfterMs ?? 0);
}
