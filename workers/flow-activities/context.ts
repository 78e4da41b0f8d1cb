import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { createWalletBalances } from "#adapters/postgres/wallet-balances.ts";
import { createMailer } from "#adapters/smtp/mailer.ts";
import { createTemporalClient, type TemporalClient } from "#adapters/temporal/client.ts";
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
  return { process, tenants, announcements, balances: createWalletBalances(pool), mailer, temporal };
}
