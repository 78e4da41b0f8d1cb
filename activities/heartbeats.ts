import { activityInfo, heartbeat } from "@temporalio/activity";

/** Well below the steps' time-out for a worker that died. */
const BEAT_MS = 5_000;

/** Runs work that may take a while, so that the server knows of a worker that died in it; what is done within the run's own task has none. */
export async function withHeartbeats<Result>(work: () => Promise<Result>): Promise<Result> {
  const timer = setInterval(() => {
    if (!activityInfo().isLocal) heartbeat();
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
