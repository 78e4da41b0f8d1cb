import type { WorkflowInterceptorsFactory } from "@temporalio/workflow";

/** A worker that died is missed after two seconds: its successor beats by a timer, whatever the activity does (worker.ts). */
const HEARTBEAT_MS = 2_000;
const RETRY_MS = 100;

/** Of the flows' own options only the times in which nothing happens are shortened. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity: (input, next) =>
        next({
          ...input,
          options: {
            ...input.options,
            heartbeatTimeout: HEARTBEAT_MS,
            retry: { ...input.options.retry, initialInterval: RETRY_MS },
          },
        }),
    },
  ],
});
