/** A worker of its own process, to be killed: it is about to tell of a run's end, and hangs. Argument: task queue. */
import { callbackActivities } from "./callback-activities.ts";
import { attachFlowsEnvironment } from "./flows-environment.ts";
import { scriptedBilling } from "./scripted-billing.ts";

const [taskQueue = ""] = process.argv.slice(2);
const flows = await attachFlowsEnvironment();
const activities = {
  ...scriptedBilling().activities,
  ...callbackActivities(flows.temporal),
  postEnd: () => {
    process.stdout.write("reached\n");
    return new Promise(() => {});
  },
};
await flows.withWorker(activities, () => new Promise(() => {}), taskQueue);
