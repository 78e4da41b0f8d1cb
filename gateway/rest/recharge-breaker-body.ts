import { z } from "zod";
import type { BreakerState } from "#domain/payments/recharge-breaker.ts";
import { isoTime, TIME_EXAMPLE } from "./schemas.ts";

const fields = z.object({
  state: z.enum(["closed", "open"]).describe("open: no automatic recharge begins"),
  openings: z.int().describe("How often it has opened"),
  changed_at: z.string(),
  changed_by: z.string(),
  reason: z.string(),
});

/** The breaker of mass recharges, in an answer. */
export const breakerBody = fields.meta({
  id: "RechargeBreaker",
  examples: [
    {
      state: "open",
      openings: 1,
      changed_at: TIME_EXAMPLE,
      changed_by: "recharges",
      reason: "31 recharges fell due within 60 seconds",
    },
  ],
});

export function toBreakerBody(breaker: BreakerState): z.infer<typeof fields> {
  const { state, openings, changedAt, changedBy, reason } = breaker;
  return { state, openings, changed_at: isoTime(changedAt), changed_by: changedBy, reason };
}
