import { randomUUID } from "node:crypto";
import { createKafka } from "#adapters/kafka/connection.ts";
import { KafkaPublisher } from "#adapters/kafka/publisher.ts";
import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { createPool, type Pool } from "#adapters/postgres/pool.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { createTemporalClient, type TemporalClient } from "#adapters/temporal/client.ts";
import { systemClock } from "#domain/clock.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { toConfig } from "#platform/config/config.ts";
import { createLogger } from "#platform/logger.ts";
import type { CaughtMail } from "../../examples/smtp-catcher/mailbox.ts";
import type { PaymentBooks } from "../../examples/stripe-simulator/books.ts";
import type { Environment } from "../../scripts/environment.ts";
import { tenantOf, type TestWallet } from "../invoicing/ledger.ts";

/** What flows leave behind, in the books, the mailbox and at the provider of an environment. */
export interface FlowBooks {
  readonly environment: Environment;
  readonly pool: Pool;
  readonly temporal: TemporalClient;
  readonly tenants: TenantStore;
  /** An active tenant that pays by a card of the Stripe simulator. */
  tenant(change?: Partial<TenantConfiguration>, kind?: "prepaid" | "postpaid"): Promise<TestWallet>;
  /** What the Stripe simulator has done, by payment. */
  stripe(): Promise<Readonly<Record<string, PaymentBooks>>>;
  /** Different mails to the tenant: repeats have the Message-ID of the first. */
  mails(tenant: TestWallet): Promise<number>;
  /** The wallet's entries by type, each with how many there are and what they come to. */
  ledger(wallet: TestWallet): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

export async function openFlowBooks(environment: Environment): Promise<FlowBooks> {
  const { variables, urls } = environment;
  const config = toConfig(variables);
  const pool = createPool(config.databaseUrl, "flow-books");
  const kafka = createKafka(config.kafka.brokers, "flow-books", createLogger("flow-books", "error"));
  const publisher = new KafkaPublisher(kafka);
  await publisher.connect();
  const announcements = createControlOutbox(pool, publisher);
  const tenants = createTenantStore(pool, announcements, { clock: systemClock, onDelayed: () => {} });
  const temporal = createTemporalClient(config.temporal);
  return {
    environment,
    pool,
    temporal,
    tenants,
    tenant: (change, kind) => openTenant(tenants, change, kind),
    async stripe() {
      const response = await fetch(`${urls.stripeSimulator}/simulator/books`);
      return (await response.json()) as Record<string, PaymentBooks>;
    },
    async mails({ tenant }) {
      const response = await fetch(`${urls.smtpInbox}/messages`);
      const { messages } = (await response.json()) as { readonly messages: readonly CaughtMail[] };
      const own = messages.filter(({ to }) => to.some((one) => one.toLowerCase() === tenant.email));
      return new Set(own.map(({ messageId }) => messageId)).size;
    },
    ledger: (wallet) => ledgerOf(pool, wallet),
    async close() {
      await temporal.close();
      await publisher.close();
      await pool.end();
    },
  };
}

async function openTenant(
  tenants: TenantStore,
  change: Partial<TenantConfiguration> = {},
  kind: "prepaid" | "postpaid" = "prepaid",
): Promise<TestWallet> {
  const made = tenantOf(change, kind);
  const walletId = made.tenant.wallets[0]?.walletId ?? made.walletId;
  const tenant: TenantConfiguration = {
    ...made.tenant,
    email: `${walletId}@crashes.test`,
    payment: { provider: "stripe", customerId: null, paymentMethodId: "pm_card_visa", autoRecharge: null },
  };
  const apiKey = { hash: randomUUID().replaceAll("-", "").padEnd(64, "0"), last4: "test" };
  await tenants.create({ configuration: tenant, apiKey, smppAccount: null, actor: "test" });
  await tenants.change(
    tenant.tenantId,
    { status: "active", payment: tenant.payment ?? null },
    { actor: "test" },
  );
  return { tenant, walletId };
}

async function ledgerOf(pool: Pool, { walletId }: TestWallet): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ type: string; entries: string; amount: string }>(
    `SELECT entry_type AS type, count(*) AS entries, trim_scale(sum(amount))::text AS amount
       FROM ledger_entries WHERE wallet_id = $1 GROUP BY entry_type`,
    [walletId],
  );
  return Object.fromEntries(rows.map(({ type, entries, amount }) => [type, `${entries} × ${amount}`]));
}

/** Each number up to the last of its series is an invoice's. */
export async function areNumbersGapless(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT FROM invoice_series s WHERE last <> (SELECT count(DISTINCT number) FROM invoices i
       WHERE i.issuer_id = s.issuer_id AND i.series = s.series)`,
  );
  return rows.length === 0;
}
