/**
 * A worker of payments in a process of its own, to be killed: it does everything, and hangs when the effect of one step is there and nobody
 * knows of it yet. Arguments: task queue, step.
 */
import { attachFlowsEnvironment } from "../workflows/flows-environment.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";
import { openPaymentActivities } from "./payment-worker.ts";

const [taskQueue = "", step = ""] = process.argv.slice(2);
const { activities } = await openPaymentActivities(await attachTestEnvironment());
const work = activities[step as "bookPayment"];
const flows = await attachFlowsEnvironment();
const hanging = {
  ...activities,
  [step]: async (input: Parameters<typeof work>[0]) => {
    await work(input);
    process.stdout.write("reached\n");
    return new Promise(() => {});
  },
};
await flows.withWorker(hanging, () => new Promise(() => {}), taskQueue);
