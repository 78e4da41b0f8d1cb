export interface BindGuardLimits {
  /** Failures of one address and system_id within `windowMs` that lock it for `lockMs`. */
  readonly maxFailures: number;
  /** Failures of one address, whatever the system_id: somebody tries names. */
  readonly maxFailuresOfAddress: number;
  readonly windowMs: number;
  readonly lockMs: number;
  /** Most addresses and pairs remembered; the oldest is forgotten first. */
  readonly capacity: number;
}

/** Eight characters of password are out of reach at five attempts a minute, and a mistyped configuration is noticed at once. */
export const DEFAULT_BIND_GUARD: BindGuardLimits = {
  maxFailures: 5,
  maxFailuresOfAddress: 30,
  windowMs: 60_000,
  lockMs: 60_000,
  capacity: 10_000,
};

/** Locks out who fails to bind again and again; by address too, so that nobody locks out an ESME from elsewhere. */
export interface BindGuard {
  allowed(address: string, systemId: string, now: number): boolean;
  failed(address: string, systemId: string, now: number): void;
  succeeded(address: string, systemId: string): void;
}

interface Failures {
  count: number;
  since: number;
  lockedUntil: number;
}

export function createBindGuard(limits: BindGuardLimits = DEFAULT_BIND_GUARD): BindGuard {
  const known = new Map<string, Failures>();
  const pair = (address: string, systemId: string): string => `${address}\0${systemId}`;

  function count(key: string, most: number, now: number): void {
    let failures = known.get(key);
    if (failures === undefined || now - failures.since >= limits.windowMs) {
      failures = { count: 0, since: now, lockedUntil: failures?.lockedUntil ?? 0 };
    }
    failures.count += 1;
    if (failures.count >= most) failures.lockedUntil = now + limits.lockMs;
    known.delete(key);
    known.set(key, failures);
    if (known.size <= limits.capacity) return;
    const oldest = known.keys().next();
    if (oldest.done !== true) known.delete(oldest.value);
  }

  return {
    allowed: (address, systemId, now) =>
      (known.get(address)?.lockedUntil ?? 0) <= now &&
      (known.get(pair(address, systemId))?.lockedUntil ?? 0) <= now,
    failed(address, systemId, now) {
      count(pair(address, systemId), limits.maxFailures, now);
      count(address, limits.maxFailuresOfAddress, now);
    },
    succeeded: (address, systemId) => void known.delete(pair(address, systemId)),
  };
}
