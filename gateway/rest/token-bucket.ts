import type { Clock } from "#domain/clock.ts";

interface Bucket {
  tokens: number;
  refilledAt: number;
}

/** Keys remembered at once; the least recently used one goes first, and comes back full, which only errs in its favour. */
const BUCKETS_MAX = 10_000;

/**
 * A token bucket per key, within this process: it holds one second's worth, so a client may use its whole
 * second at once. With n gateway processes a key may have n times its rate.
 */
export class TokenBuckets {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes `cost` tokens; 0 when they were there, else the seconds to wait. A cost above the burst is charged as the whole burst. */
  take(key: string, perSecond: number, cost = 1): number {
    const now = this.#clock.now();
    const bucket = this.#bucket(key, perSecond, now);
    const wanted = Math.min(cost, perSecond);
    if (bucket.tokens >= wanted) {
      bucket.tokens -= wanted;
      return 0;
    }
    return (wanted - bucket.tokens) / perSecond;
  }

  #bucket(key: string, perSecond: number, now: number): Bucket {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) bucket = { tokens: perSecond, refilledAt: now };
    else this.#buckets.delete(key);
    const elapsed = Math.max(0, now - bucket.refilledAt);
    bucket.tokens = Math.min(perSecond, bucket.tokens + (elapsed / 1000) * perSecond);
    bucket.refilledAt = now;
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > BUCKETS_MAX) {
      const oldest = this.#buckets.keys().next().value;
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return bucket;
  }
}
