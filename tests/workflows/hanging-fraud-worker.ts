/** A worker of its own process, to be killed: it does the step named by its second argument and hangs before it has said so. Arguments: task queue, step. */
import { attachFlowsEnvironment } from "./flows-environment.ts";
import { scriptedFraud } from "./scripted-fraud.ts";

const [taskQueue = "", step = ""] = process.argv.slice(2);
const flows = await attachFlowsEnvironment();
const { activities } = scriptedFraud({
  [step]: () => {
    process.stdout.write("reached\n");
    return new Promise(() => {});
  },
});
await flows.withWorker(activities, () => new Promise(() => {}), taskQueue);
