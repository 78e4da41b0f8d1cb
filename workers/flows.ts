import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { createRateCardStore } from "#adapters/postgres/rate-cards.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { createMailer } from "#adapters/smtp/mailer.ts";
import { createWalletBalances } from "#adapters/postgres/wallet-balances.ts";
import { createTemporalClient } from "#adapters/temporal/client.ts";
import { createFlowTriggers } from "#adapters/temporal/flow-triggers.ts";
import {
  bundleFlows,
  connectWorker,
  createFlowsWorker,
  installTemporalRuntime,
} from "#adapters/temporal/worker.ts";
import { createLowBalanceActivities } from "#activities/low-balance.ts";
import { createOnboardingActivities } from "#activities/onboarding.ts";
import { createSuspensionActivities } from "#activities/suspension.ts";
import { createFlowsHandler } from "#pipeline/flows/stage.ts";
import { BILLING_TASK_QUEUE } from "#workflows/suspension/api.ts";
import { ONBOARDING_TASK_QUEUE } from "#workflows/tenant-onboarding/api.ts";
import { runProcess } from "./process-context.ts";
import { consumeStage } from "./stage-consumer.ts";

await runProcess("flows", async (context) => {
  const { config, pool, publisher, clock, logger, lifecycle } = context;
  installTemporalRuntime(logger);
  const outbox = createControlOutbox(pool, publisher);
  const tenants = createTenantStore(pool, outbox, {
    clock,
    onDelayed: (error) => logger.warn({ service: error.service }, "configuration waits to be published"),
  });
  const rateCards = createRateCardStore(pool);
  const balances = createWalletBalances(pool);
  const mailer = createMailer(config.mail);
  lifecycle.register(mailer);
  const base = `http://${config.gateway.host}:${config.gateway.port}`;
  const onboarding = createOnboardingActivities({
    tenants,
    announcements: outbox,
    rateCardCurrency: async (rateCardId) => (await rateCards.versions(rateCardId))[0]?.currency ?? null,
    mailer,
    doors: {
      api: base,
      reference: `${base}/docs`,
      smpp: `${config.gateway.host}:${config.gateway.smppPort}`,
    },
  });
  const billing = {
    ...createLowBalanceActivities({ tenants, balances, mailer }),
    ...createSuspensionActivities({ tenants, announcements: outbox, balances, mailer }),
  };
  const connection = await connectWorker(config.temporal.address);
  lifecycle.register({ name: "temporal connection", close: () => connection.close() });
  const { namespace } = config.temporal;
  const workflowBundle = await bundleFlows();
  for (const [taskQueue, activities] of [
    [ONBOARDING_TASK_QUEUE, onboarding],
    [BILLING_TASK_QUEUE, billing],
  ] as const) {
    const worker = await createFlowsWorker({ connection, namespace, activities, taskQueue, workflowBundle });
    lifecycle.register(worker);
    worker.run().catch((error: unknown) => {
      logger.fatal({ err: error, taskQueue }, "a flows worker failed");
      process.exit(1);
    });
  }
  const temporal = createTemporalClient(config.temporal);
  lifecycle.register(temporal);
  await consumeStage(context, "flows", createFlowsHandler(createFlowTriggers(temporal)));
});
