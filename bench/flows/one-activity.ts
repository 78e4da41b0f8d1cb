import { proxyActivities } from "@temporalio/workflow";

const { echo } = proxyActivities<{ echo(text: string): Promise<string> }>({ startToCloseTimeout: "30 s" });

/** The smallest flow that does something outside of itself. */
export function oneActivity(text: string): Promise<string> {
  return echo(text);
}
