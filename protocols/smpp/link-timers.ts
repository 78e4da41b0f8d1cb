/** Limits of a session's silence, in ms. SMPP 3.4 §7.2 names them and leaves the values to the implementation. */
export interface LinkTimerLimits {
  /** From connecting to a successful bind. */
  readonly sessionInitMs: number;
  /** Silence after which an enquire_link is sent. */
  readonly enquireLinkMs: number;
  /** Silence, other than enquire_link, after which a bound session is ended; 0 = never. */
  readonly inactivityMs: number;
  /** How long any answer may take, enquire_link's too. */
  readonly responseMs: number;
  /** How long a PDU may stay incomplete. */
  readonly pduReadMs: number;
}

export const DEFAULT_LINK_TIMERS: LinkTimerLimits = {
  sessionInitMs: 30_000,
  enquireLinkMs: 30_000,
  inactivityMs: 0,
  responseMs: 60_000,
  pduReadMs: 30_000,
};

export type LinkAction =
  | "none"
  | "enquire"
  | "end_unbound"
  | "end_silent"
  | "end_inactive"
  | "end_incomplete";

/**
 * What a session's timers demand, as a pure function of what happened and when: time comes in with every call (epoch
 * ms, or any clock that only grows).
 */
export interface LinkTimers {
  received(now: number): void;
  /** A PDU other than enquire_link and its response came or went. */
  active(now: number): void;
  bound(now: number): void;
  incomplete(now: number, pendingOctets: number): void;
  tick(now: number): LinkAction;
}

export function createLinkTimers(limits: LinkTimerLimits, start: number): LinkTimers {
  let isBound = false;
  let lastReceived = start;
  let lastActive = start;
  let enquiredAt: number | null = null;
  let incompleteSince: number | null = null;
  return {
    received(now) {
      lastReceived = now;
      enquiredAt = null;
    },
    active(now) {
      lastActive = now;
    },
    bound(now) {
      isBound = true;
      lastActive = now;
    },
    incomplete(now, pendingOctets) {
      if (pendingOctets === 0) incompleteSince = null;
      else incompleteSince ??= now;
    },
    tick(now) {
      if (incompleteSince !== null && now - incompleteSince >= limits.pduReadMs) return "end_incomplete";
      if (!isBound) return now - start >= limits.sessionInitMs ? "end_unbound" : "none";
      if (limits.inactivityMs > 0 && now - lastActive >= limits.inactivityMs) return "end_inactive";
      if (enquiredAt !== null) return now - enquiredAt >= limits.responseMs ? "end_silent" : "none";
      if (now - lastReceived < limits.enquireLinkMs) return "none";
      enquiredAt = now;
      return "enquire";
    },
  };
}
