import { TASK_QUEUES, type TaskQueue } from "#workflows/task-queues.ts";
import { billingActivities } from "./billing.ts";
import { callbacksActivities } from "./callbacks.ts";
import { casesActivities } from "./cases.ts";
import type { FlowsContext } from "./context.ts";
import { onboardingActivities } from "./onboarding.ts";
import { paymentsActivities } from "./payments.ts";

/** Queue by queue, what its workers can do. */
export const FLOW_ACTIVITIES: Partial<Record<TaskQueue, (context: FlowsContext) => object>> = {
  [TASK_QUEUES.billing]: billingActivities,
  [TASK_QUEUES.callbacks]: callbacksActivities,
  [TASK_QUEUES.cases]: casesActivities,
  [TASK_QUEUES.onboarding]: onboardingActivities,
  [TASK_QUEUES.payments]: paymentsActivities,
};
