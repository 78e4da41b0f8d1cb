import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { createPaymentStore } from "#adapters/postgres/payments.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { createWalletBalances } from "#adapters/postgres/wallet-balances.ts";
import { createMailer } from "#adapters/smtp/mailer.ts";
import { createTemporalClient } from "#adapters/temporal/client.ts";
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
import { createFlowsHandler } from "#pipeline/flows/stage.ts";
import { TASK_QUEUES, type TaskQueue } from "#workflows/task-queues.ts";
import { billingActivities } from "./flow-activities/billing.ts";
import type { FlowsContext } from "./flow-activities/context.ts";
import { onboardingActivities } from "./flow-activities/onboarding.ts";
import { paymentsActivities } from "./flow-activities/payments.ts";
import { type ProcessContext, runProcess } from "./process-context.ts";
import { repeat } from "./repeat.ts";
import { consumeStage } from "./stage-consumer.ts";

const WAKE_UNBOOKED_EVERY_MS = 60_000;
/** A flow that runs has booked it by then. */
const UNBOOKED_MS = 5 * 60_000;
/** Flows woken at a time. */
const UNBOOKED_MAX = 100;

/** Queue by queue, what its workers can do. */
const ACTIVITIES: Partial<Record<TaskQueue, (context: FlowsContext) => object>> = {
  [TASK_QUEUES.billing]: billingActivities,
  [TASK_QUEUES.onboarding]: onboardingActivities,
  [TASK_QUEUES.payments]: paymentsActivities,
};

await runProcess("flows", async (context) => {
  installTemporalRuntime(context.logger);
  const flows = flowsContext(context);
  await startWorkers(flows);
  wakeUnbooked(flows);
  await consumeStage(context, "flows", createFlowsHandler(createFlowTriggers(flows.temporal)));
});

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

function flowsContext(process: ProcessContext): FlowsContext {
  const { config, pool, publisher, clock, logger, lifecycle } = process;
  const announcements = createControlOutbox(pool, publisher);
  const tenants = createTenantStore(pool, announcements, {
    clock,
    onDelayed: (error) => logger.warn({ service: error.service }, "configuration waits to be published"),
  });
  const mailer = createMailer(config.mail);
  lifecycle.register(mailer);
  const temporal = createTemporalClient(config.temporal);
  lifecycle.register(temporal);
  return { process, tenants, announcements, balances: createWalletBalances(pool), mailer, temporal };
}

async function startWorkers(flows: FlowsContext): Promise<void> {
  const { config, logger, lifecycle } = flows.process;
  const { address, namespace, payloadKeys, releases } = config.temporal;
  const connection = await connectWorker(address);
  lifecycle.register({ name: "temporal connection", close: () => connection.close() });
  const workflowBundle = await bundleFlows(undefined, releases === "one" ? FLOWS_PATH : PINNED_FLOWS_PATH);
  const version = flowsVersion(workflowBundle);
  for (const [taskQueue, activitiesOf] of Object.entries(ACTIVITIES)) {
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
  if (releases === "one") await makeCurrent(flows.temporal, version, Object.keys(ACTIVITIES));
  logger.info({ ...version, releases }, "the flows' workers poll");
}
