import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { createRateCardStore } from "#adapters/postgres/rate-cards.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { createMailer } from "#adapters/smtp/mailer.ts";
import { connectWorker, createFlowsWorker, installTemporalRuntime } from "#adapters/temporal/worker.ts";
import { createOnboardingActivities } from "#activities/onboarding.ts";
import { runProcess } from "./process-context.ts";

await runProcess("flows", async (context) => {
  const { config, pool, publisher, clock, logger, lifecycle } = context;
  installTemporalRuntime(logger);
  const outbox = createControlOutbox(pool, publisher);
  const tenants = createTenantStore(pool, outbox, {
    clock,
    onDelayed: (error) => logger.warn({ service: error.service }, "configuration waits to be published"),
  });
  const rateCards = createRateCardStore(pool);
  const mailer = createMailer(config.mail);
  lifecycle.register(mailer);
  const base = `http://${config.gateway.host}:${config.gateway.port}`;
  const activities = createOnboardingActivities({
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
  const connection = await connectWorker(config.temporal.address);
  lifecycle.register({ name: "temporal connection", close: () => connection.close() });
  const worker = await createFlowsWorker({ connection, namespace: config.temporal.namespace, activities });
  lifecycle.register(worker);
  worker.run().catch((error: unknown) => {
    logger.fatal({ err: error }, "the flows worker failed");
    process.exit(1);
  });
});
