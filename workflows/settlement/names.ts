/** The workflow's type, as workflow.ts exports it. */
export const SETTLEMENT = "settlement";

/** The platform's own schedule of it. */
export const SETTLEMENT_SCHEDULE = "settlement-nightly";

/** One settlement of a day at a time; once it has ended, the day may be settled again (a new revision of its report). */
export function settlementWorkflowId(day: string): string {
  return `settlement-${day}`;
}

/** Query: how far it is. */
export const SETTLEMENT_STATE = "state";

export const SETTLEMENT_PHASES = [
  "opening",
  "wallets",
  "messages",
  "invoices",
  "providers",
  "reporting",
  "settled",
] as const;
