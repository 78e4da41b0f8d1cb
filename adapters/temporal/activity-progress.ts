import { CancelledFailure, Context } from "@temporalio/activity";
import type { StretchProgress } from "#activities/settle-pages.ts";

/** The progress of whichever activity asks: the SDK keeps it in the asynchronous context. */
export const activityProgress: StretchProgress = {
  last: () => Context.current().info.heartbeatDetails as unknown,
  tell: (details) => Context.current().heartbeat(details),
  throwIfCancelled() {
    if (Context.current().cancellationSignal.aborted) throw new CancelledFailure("the flow was cancelled");
  },
};
