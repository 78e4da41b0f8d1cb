import { randomBytes } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { loadNumberRanges } from "#adapters/number-ranges/number-ranges.ts";
import { createAdminKeys } from "#adapters/postgres/admin-keys.ts";
import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { createCorrections } from "#adapters/postgres/corrections.ts";
import { createFraudCases } from "#adapters/postgres/fraud-cases.ts";
import { createIdempotencyStore, pruneIdempotencyKeys } from "#adapters/postgres/idempotency.ts";
import { createInvoiceReads } from "#adapters/postgres/invoice-reads.ts";
import { createInvoiceBooks } from "#adapters/postgres/invoices.ts";
import { createIssuers } from "#adapters/postgres/issuers.ts";
import { createLedgerReads } from "#adapters/postgres/ledger-reads.ts";
import { createLedger } from "#adapters/postgres/ledger.ts";
import { createMarginReports } from "#adapters/postgres/margin-reports.ts";
import { createMetering } from "#adapters/postgres/metering.ts";
import { createMessageReads } from "#adapters/postgres/messages.ts";
import { createPaymentStore } from "#adapters/postgres/payments.ts";
import { createPartOutcomes } from "#adapters/postgres/part-outcomes.ts";
import { createPriceRules } from "#adapters/postgres/price-rules.ts";
import { createRateCardStore } from "#adapters/postgres/rate-cards.ts";
import { createRechargeBreaker } from "#adapters/postgres/recharge-breaker.ts";
import { createReRatings } from "#adapters/postgres/re-ratings.ts";
import { createPendingReceipts } from "#adapters/postgres/receipts.ts";
import { hashSmppPassword } from "#adapters/postgres/smpp-password.ts";
import { createSettlements } from "#adapters/postgres/settlements.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { createWebhookEndpoints } from "#adapters/postgres/webhook-endpoints.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import { createTemporalClient } from "#adapters/temporal/client.ts";
import { createFlowRuns } from "#adapters/temporal/flow-runs.ts";
import { createFlowSchedules } from "#adapters/temporal/flow-schedules.ts";
import { createPaymentFlows } from "#adapters/temporal/payment-flows.ts";
import { createOnboardingStarter } from "#adapters/temporal/onboarding.ts";
import { createUsageMeter, type UsageMeter } from "#domain/metering/usage-meter.ts";
import type { GatewayDependencies } from "#gateway/rest/dependencies.ts";
import { createRestGateway } from "#gateway/rest/server.ts";
import { EsmeSessions } from "#gateway/smpp/esme-sessions.ts";
import { ReceiptSender } from "#gateway/smpp/receipt-sender.ts";
import { createReceiptsHandler } from "#gateway/smpp/receipts.ts";
import { startSmppServer } from "#gateway/smpp/server.ts";
import { createEndpointSecrets, createWebhookSecrets } from "#platform/webhook-secrets.ts";
import { createPayLinks } from "#platform/pay-links.ts";
import { createCaseLinks } from "#platform/case-links.ts";
import { createPseudonyms } from "#platform/pseudonyms.ts";
import { createStepLinks } from "#platform/step-links.ts";
import { createReportSigner } from "#platform/settlement-signer.ts";
import { createAcceptQueue } from "#pipeline/ingress/accept-queue.ts";
import { createIngress } from "#pipeline/ingress/accept.ts";
import { createQuoting } from "#pipeline/ingress/quote.ts";
import { createSmppCounters } from "#protocols/smpp/session.ts";
import { startControlFeed } from "./control-feed.ts";
import { AcceptedRate, createHealthProbe } from "./gateway-health.ts";
import { createPayableDocuments } from "./invoice-documents.ts";
import { openProviderDoor } from "./payment-providers.ts";
import { runProcess, type ProcessContext } from "./process-context.ts";
import { openRedis } from "./redis.ts";
import { repeat } from "./repeat.ts";
import { consumeStage } from "./stage-consumer.ts";

/** One Kafka request carries 2,000 records; two batches are in flight. */
const ACCEPT_BATCH_MAX = 500;
/** Two seconds of full traffic; beyond it the doors ask their clients to slow down. */
const ACCEPT_QUEUE_MAX = 10_000;
const FLUSH_EVERY_MS = 1_000;
/** What a killed gateway has counted and not stored is lost, at most this long. */
const METERING_EVERY_MS = 10_000;
const PRUNE_EVERY_MS = 3_600_000;
/** A week of validity, and the receipt window after it. */
const PART_OUTCOMES_KEPT_MS = 9 * 86_400_000;

await runProcess("gateway", compose, { ownHealth: false });

async function compose(context: ProcessContext): Promise<void> {
  const { config, pool, publisher, clock, logger, metrics, lifecycle } = context;
  const redis = openRedis(context);
  const control = await startControlFeed(context);
  const outbox = createControlOutbox(pool, publisher);
  const tenants = createTenantStore(pool, outbox, {
    clock,
    onDelayed: (error) => logger.warn({ service: error.service }, "configuration waits to be published"),
  });
  const wallets = createWalletStore(redis, createLedger(pool));
  const rate = new AcceptedRate();
  const ranges = await loadNumberRanges();
  const ingress = createIngress({
    control,
    wallets,
    publisher,
    clock,
    ranges,
    pseudonyms: createPseudonyms(config.secretKey),
    channels: new Set(["sms"]),
    onOutcome: ({ channel }, outcome) => {
      if (outcome.ok) rate.count(clock.now());
      metrics.messages.inc({ channel, outcome: outcome.ok ? "accepted" : "refused" });
    },
  });
  const acceptQueue = createAcceptQueue(ingress, { maxBatch: ACCEPT_BATCH_MAX, maxQueued: ACCEPT_QUEUE_MAX });
  const durable = connectFlows(context);
  repeat(context, "configuration outbox", FLUSH_EVERY_MS, () => outbox.flush());
  repeat(context, "idempotency keys", PRUNE_EVERY_MS, () => pruneIdempotencyKeys(pool, clock.now()));

  await openSmppDoor(context, tenants, (submission) => acceptQueue.submit(submission));

  const usage = startMetering(context);
  const rest = await createRestGateway(
    {
      clock,
      randomBytes,
      newId: () => uuidv7(),
      hashPassword: hashSmppPassword,
      webhookSecret: createWebhookSecrets(config.secretKey),
      webhookEndpoints: createWebhookEndpoints(pool),
      endpointSecret: createEndpointSecrets(config.secretKey),
      ingress,
      acceptQueue,
      quote: createQuoting({ control, wallets, ranges, clock }),
      publisher,
      adminKeys: createAdminKeys(pool),
      idempotency: createIdempotencyStore(pool),
      tenants,
      ...durable,
      ledger: createLedgerReads(pool),
      invoicing: invoicingOf(context),
      ...booksDoor(context),
      wallets,
      announcements: outbox,
      rateCards: createRateCardStore(pool),
      priceRules: createPriceRules(pool),
      usage,
      providerDoor: openProviderDoor(context, durable.payments.flows),
      messages: createMessageReads(pool),
      health: createHealthProbe(context, redis, control, rate),
      metrics: metrics.registry,
      logger,
    },
    { adminToken: config.adminToken, version: "0.1.0" },
  );
  await rest.listen({ host: config.gateway.host, port: config.gateway.port });
  const close = (): Promise<void> => rest.close().then(() => acceptQueue.drain());
  lifecycle.register({ name: "rest server", close });
}

/** Registered before the doors, and so closed after them. */
function connectFlows({
  config,
  pool,
  clock,
  lifecycle,
}: ProcessContext): Pick<
  GatewayDependencies,
  "onboarding" | "flows" | "stepLinks" | "fraud" | "schedules" | "payments" | "rechargeBreaker"
> {
  const temporal = createTemporalClient(config.temporal);
  lifecycle.register(temporal);
  const store = createPaymentStore(pool);
  return {
    onboarding: createOnboardingStarter(temporal),
    rechargeBreaker: createRechargeBreaker(pool),
    flows: createFlowRuns(temporal),
    stepLinks: createStepLinks(config.secretKey, config.gateway.publicUrl),
    fraud: {
      cases: createFraudCases(pool),
      links: createCaseLinks(config.secretKey, config.gateway.publicUrl),
    },
    schedules: createFlowSchedules(temporal, clock),
    payments: {
      store,
      flows: createPaymentFlows(temporal, store),
      links: createPayLinks(config.secretKey, config.gateway.publicUrl),
    },
  };
}

function invoicingOf({ pool, config }: ProcessContext): GatewayDependencies["invoicing"] {
  return {
    reads: createInvoiceReads(pool),
    books: createInvoiceBooks(pool),
    documents: createPayableDocuments(config),
    issuers: createIssuers(pool),
  };
}

/** What is done with the books after the fact. */
function booksDoor({ config, pool }: ProcessContext) {
  const { publicKey } = createReportSigner(config.secretKey, config.settlementSigningKey);
  const books = {
    corrections: createCorrections(pool),
    reRatings: createReRatings(pool),
    reports: createMarginReports(pool),
  };
  return { books, settlements: createSettlements(pool), settlementKey: publicKey };
}

/** Registered before the doors, and so closed after them: the last flush has every call. */
function startMetering(context: ProcessContext): UsageMeter {
  const { pool, clock, lifecycle } = context;
  const store = createMetering(pool);
  const source = uuidv7();
  const usage = createUsageMeter(clock, () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  });
  const flush = async (): Promise<void> => {
    const readings = usage.readings();
    usage.settle(readings, await store.store(source, readings));
  };
  lifecycle.register({ name: "metering", close: flush });
  repeat(context, "metering", METERING_EVERY_MS, flush);
  return usage;
}

/** The SMPP server, and the consumer that brings its ESMEs their receipts. */
async function openSmppDoor(
  context: ProcessContext,
  tenants: ReturnType<typeof createTenantStore>,
  submit: Parameters<typeof startSmppServer>[1]["submit"],
): Promise<void> {
  const { config, pool, clock, logger, lifecycle } = context;
  const sessions = new EsmeSessions(clock);
  const sender = new ReceiptSender(sessions, createPendingReceipts(pool), clock);
  lifecycle.register({ name: "receipt sender", close: () => sender.close() });
  const partOutcomes = createPartOutcomes(pool);
  repeat(context, "part outcomes", PRUNE_EVERY_MS, () =>
    partOutcomes.discardOlderThan(clock.now() - PART_OUTCOMES_KEPT_MS),
  );
  const door = await startSmppServer(
    { host: config.gateway.host, port: config.gateway.smppPort },
    {
      accounts: { authenticate: (systemId, password) => tenants.authenticateSmpp(systemId, password) },
      submit,
      sessions,
      counters: createSmppCounters(),
      clock,
      onBind: ({ outcome, systemId }) => logger.info({ outcome, systemId }, "smpp bind"),
    },
  );
  lifecycle.register(door);
  // Not waited for: a gateway that was killed keeps its partitions for ten seconds more, and the doors need not.
  consumeStage(context, "receipts", createReceiptsHandler({ sender, partOutcomes })).catch(
    (error: unknown) => {
      logger.fatal({ err: error }, "the receipts cannot be consumed");
      process.exit(1);
    },
  );
}
