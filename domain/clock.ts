/** Milliseconds since the Unix epoch; an argument wherever a rule depends on time. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
