/** A worker of its own process, to be killed: it reaches the step named by its second argument and hangs there. Arguments: task queue, step. */
import { attachFlowsEnvironment, scriptedActivities } from "./flows-environment.ts";

const [taskQueue = "", step = ""] = process.argv.slice(2);
const flows = await attachFlowsEnvironment();
const { activities } = scriptedActivities({
  [step]: () => {
    process.stdout.write("reached\n");
    return new Promise(() => {});
  },
});
await flows.withWorker(activities, () => new Promise(() => {}), taskQueue);
