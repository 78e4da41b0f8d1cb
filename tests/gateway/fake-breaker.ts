import type { BreakerState, RechargeBreaker } from "#domain/payments/recharge-breaker.ts";

/** A breaker that has opened once. */
export function fakeBreaker(up: () => Promise<void>): Pick<RechargeBreaker, "state" | "close"> {
  let breaker: BreakerState = {
    state: "open",
    openings: 1,
    changedAt: 1_780_000_000_000,
    changedBy: "recharges",
    reason: "31 recharges fell due within 60 seconds",
  };
  return {
    async state() {
      await up();
      return breaker;
    },
    async close({ actor, reason, at }) {
      await up();
      if (breaker.state === "open")
        breaker = { ...breaker, state: "closed", changedAt: at, changedBy: actor, reason };
      return breaker;
    },
  };
}
