import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { createWebhookEvents } from "#adapters/postgres/webhook-events.ts";
import { createWalletBalances } from "#adapters/postgres/wallet-balances.ts";
import { createMailer } from "#adapters/smtp/mailer.ts";
import { createTemporalClient, type TemporalClient, workflowLink } from "#adapters/temporal/client.ts";
import { createAnnouncements, type Announcements } from "#activities/announcements.ts";
import type { ControlAnnouncements, TenantStore } from "#domain/tenants/tenant-store.ts";
import type { Mailer } from "#domain/mail/ports.ts";
import type { WalletBalances } from "#domain/wallet/ports.ts";
import type { ProcessContext } from "../process-context.ts";

/** What the activities of every queue are made of. */
export interface FlowsContext {
  readonly process: ProcessContext;
  readonly tenants: TenantStore;
  readonly announcements: ControlAnnouncements;
  /** Of PostgreSQL's ledger. */
  readonly balances: WalletBalances;
  readonly mailer: Mailer;
  readonly temporal: TemporalClient;
  /** To webhook endpoints. */
  readonly announced: Announcements;
}

/** Closed with the process. */
export function createFlowsContext(process: ProcessContext): FlowsContext {
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
  const announced = createAnnouncements({
    events: createWebhookEvents(pool),
    linkOf: (workflowId) => workflowLink(temporal.config, workflowId),
    clock,
  });
  return {
    process,
    tenants,
    announcements,
    balances: createWalletBalances(pool),
    mailer,
    temporal,
    announced,
  };
}
