/**
 * Queues by concern: a provider that is slow, or a flood of onboardings, keeps nobody else waiting. Each has workers of its own
 * (workers/flows.ts), which may run in processes of their own.
 */
export const TASK_QUEUES = {
  /** Invoicing, low balances, suspension, settlement. */
  billing: "billing",
  /** Whatever talks to payment providers. */
  payments: "payments",
  /** Fraud cases. */
  cases: "cases",
  onboarding: "onboarding",
  /** Whatever calls those who wait for flows, and steps that are drawn elsewhere. */
  callbacks: "callbacks",
} as const;

export type TaskQueue = (typeof TASK_QUEUES)[keyof typeof TASK_QUEUES];
