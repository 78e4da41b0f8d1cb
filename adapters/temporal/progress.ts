import { Context } from "@temporalio/activity";
import type { Progress } from "#activities/fraud-case.ts";

/** Of whatever activity runs at the moment of the call. */
export const activityProgress: Progress = {
  heartbeat: (details) => Context.current().heartbeat(details),
  details: () => Context.current().info.heartbeatDetails as unknown,
  sleep: (ms) => Context.current().sleep(ms),
};
