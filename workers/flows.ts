import { createPaymentStore } from "#adapters/postgres/payments.ts";
import { createAnnouncedRuns } from "#adapters/postgres/announced-runs.ts";
import { createFraudAlerts } from "#adapters/temporal/fraud-alerts.ts";
import { createClosedRuns } from "#adapters/temporal/flow-runs.ts";
import { createFlowTriggers } from "#adapters/temporal/flow-triggers.ts";
import { createPaymentFlows } from "#adapters/temporal/payment-flows.ts";
import {
  bundleFlows,
  connectWorker,
  createFlowsWorker,
  FLOWS_PATH,
  installTemporalRuntime,
  PINNED_FLOWS_PATH,
} from "#adapters/temporal/worker.ts";
import { flowsVersion, makeCurrent } from "#adapters/temporal/worker-versions.ts";
import { announceEnds } from "#pipeline/flows/announce-ends.ts";
import { createFlowsHandler } from "#pipeline/flows/stage.ts";
import { createFlowsContext, type FlowsContext } from "./flow-activities/context.ts";
import { FLOW_ACTIVITIES } from "./flow-activities/queues.ts";
import { runProcess } from "./process-context.ts";
import { repeat } from "./repeat.ts";
import { consumeStage } from "./stage-consumer.ts";

const ANNOUNCE_ENDS_EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 3_600_000;
const WAKE_UNBOOKED_EVERY_MS = 60_000;
/** A flow that runs has booked it by then. */
const UNBOOKED_MS = 5 * 60_000;
/** Flows woken at a time. */
const UNBOOKED_MAX = 100;

await runProcess("flows", async (context) => {
  installTemporalRuntime(context.logger);
  const flows = createFlowsContext(context);
  await startWorkers(flows);
  wakeUnbooked(flows);
  announceRuns(flows);
  await consumeStage(context, "cases", createFlowsHandler(createFraudAlerts(flows.temporal)));
  await consumeStage(context, "flows", createFlowsHandler(createFlowTriggers(flows.temporal)));
});

/** Tells webhook endpoints of the ends of runs. */
function announceRuns({ process, temporal }: FlowsContext): void {
  const announced = createAnnouncedRuns(process.pool);
  const closed = createClosedRuns(temporal);
  repeat(process, "ends of runs", ANNOUNCE_ENDS_EVERY_MS, () =>
    announceEnds(closed, announced, process.clock),
  );
  repeat(process, "announced runs", PRUNE_EVERY_MS, () => announced.prune());
}

/** A payment whose flow was terminated between writing money down and booking it is booked all the same. */
function wakeUnbooked({ process, temporal }: FlowsContext): void {
  const { pool, clock } = process;
  const payments = createPaymentStore(pool);
  const flows = createPaymentFlows(temporal, payments);
  repeat(process, "unbooked payments", WAKE_UNBOOKED_EVERY_MS, async () => {
    const left = await payments.unbooked(clock.now() - UNBOOKED_MS, UNBOOKED_MAX);
    for (const { payment } of left) await flows.wake(payment);
  });
}

async function startWorkers(flows: FlowsContext): Promise<void> {
  const { config, logger, lifecycle } = flows.process;
  const { address, namespace, payloadKeys, releases } = config.temporal;
  const connection = await connectWorker(address);
  lifecycle.register({ name: "temporal connection", close: () => connection.close() });
  const workflowBundle = await bundleFlows(releases === "one" ? FLOWS_PATH : PINNED_FLOWS_PATH);
  const version = flowsVersion(workflowBundle);
  for (const [taskQueue, activitiesOf] of Object.entries(FLOW_ACTIVITIES)) {
    const activities = activitiesOf(flows);
    const worker = await createFlowsWorker({
      connection,
      namespace,
      payloadKeys,
      activities,
      taskQueue,
      workflowBundle,
      version,
    });
    lifecycle.register(worker);
    worker.run().catch((error: unknown) => {
      logger.fatal({ err: error, taskQueue }, "a flows worker failed");
      process.exit(1);
    });
  }
  if (releases === "one") await makeCurrent(flows.temporal, version, Object.keys(FLOW_ACTIVITIES));
  logger.info({ ...version, releases }, "the flows' workers poll");
}
