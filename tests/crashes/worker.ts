/** A worker of its own process, with the real activities of a queue, that may be told where to die. It is driven by messages (boundary.ts). */
import { Context } from "@temporalio/activity";
import {
  connectWorker,
  createFlowsWorker,
  installTemporalRuntime,
  type FlowsWorker,
} from "#adapters/temporal/worker.ts";
import { createFlowsContext } from "../../workers/flow-activities/context.ts";
import { FLOW_ACTIVITIES } from "../../workers/flow-activities/queues.ts";
import { runProcess } from "../../workers/process-context.ts";
import type { Boundary, ServeOrder, WorkerAnswer, WorkerOrder } from "./boundary.ts";

const BEAT_MS = 400;

type Activity = (...input: unknown[]) => Promise<unknown>;

await runProcess(
  "crashing worker",
  async (context) => {
    installTemporalRuntime();
    const flows = createFlowsContext(context);
    const { address, namespace, payloadKeys } = context.config.temporal;
    const connection = await connectWorker(address);
    const workers = new Map<string, FlowsWorker>();

    const serve = async ({ serve: taskQueue, queue, bundlePath, dies }: ServeOrder): Promise<void> => {
      const activitiesOf = FLOW_ACTIVITIES[queue];
      if (activitiesOf === undefined) throw new Error(`nobody has activities for ${queue}`);
      const worker = await createFlowsWorker({
        connection,
        namespace,
        payloadKeys,
        taskQueue,
        activities: mortal(activitiesOf(flows) as Record<string, Activity>, dies),
        workflowBundle: { codePath: bundlePath },
        cachedFlowsMax: 0,
      });
      workers.set(taskQueue, worker);
      void worker.run();
    };

    process.on("message", (order: WorkerOrder) => {
      const name = "stop" in order ? order.stop : order.serve;
      const work = "stop" in order ? workers.get(name)?.close() : serve(order);
      void Promise.resolve(work).then(() => tell({ done: name }));
    });
    process.on("disconnect", () => process.exit());
    tell({ ready: true });
  },
  { ownHealth: false },
);

function tell(answer: WorkerAnswer): void {
  process.send?.(answer);
}

function mortal(activities: Record<string, Activity>, dies: Boundary | null): Record<string, Activity> {
  let runs = 0;
  const all = Object.entries(activities).map(([name, run]): [string, Activity] => {
    const reaches = (moment: Boundary["moment"], nth: number): boolean =>
      dies !== null && name === dies.activity && moment === dies.moment && nth === dies.nth;
    return [
      name,
      (...input) =>
        beating(async () => {
          const nth = name === dies?.activity ? (runs += 1) : 0;
          if (reaches("before", nth)) return die();
          const output = await run(...input);
          if (reaches("after", nth)) return die();
          return output;
        }),
    ];
  });
  return Object.fromEntries(all);
}

function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
}

/** Heartbeats by a timer beside the activity's own, with what that told last. */
async function beating<Result>(work: () => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const beat = context.heartbeat.bind(context);
  let details: unknown = context.info.heartbeatDetails;
  Object.assign(context, {
    heartbeat(told: unknown) {
      details = told;
      beat(told);
    },
  });
  const timer = setInterval(() => beat(details), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
