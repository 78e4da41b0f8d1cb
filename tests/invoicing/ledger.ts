import { randomUUID } from "node:crypto";
import type { Pool } from "#adapters/postgres/pool.ts";
import { createInvoiceBooks } from "#adapters/postgres/invoices.ts";
import { periodThrough } from "#domain/invoicing/period.ts";
import type { CloseOutcome, InvoiceSummary } from "#domain/invoicing/ports.ts";
import { UNCONFIGURED_ISSUER } from "#domain/invoicing/issuer.ts";
import type { Invoice } from "#domain/invoicing/invoice.ts";
import { zoneClock, type ZoneClock } from "#domain/rating/zone-clock.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { DEFAULT_INVOICING } from "#domain/invoicing/schedule.ts";

/** An entry of the ledger as a test needs it; what is left out is that of a charge for sms.delivered: 0.015 and 8 % of tax. */
export interface TestEntry {
  readonly at: string;
  readonly type?: string;
  readonly event?: string;
  readonly message?: string | null;
  readonly base?: string | null;
  readonly revenue?: string;
  readonly tax?: string;
  /** Default: what revenue and tax come to, taken. */
  readonly amount?: string;
  readonly trace?: object;
  readonly id?: string;
}

export interface TestWallet {
  readonly tenant: TenantConfiguration;
  readonly walletId: string;
}

export function tenantOf(
  change: Partial<TenantConfiguration> = {},
  kind: "prepaid" | "postpaid" = "postpaid",
): TestWallet {
  const walletId = randomUUID();
  const tenant: TenantConfiguration = {
    v: 1,
    tenantId: `T-${randomUUID()}`,
    revision: 1,
    name: "Acme Messaging",
    email: "ops@acme.test",
    status: "active",
    timezone: "America/New_York",
    country: "US",
    taxRate: "8",
    rateCardId: null,
    wallets: [
      { walletId, currency: "USD", kind, creditLimit: "1000", thresholds: { low: null, critical: null } },
    ],
    trustedHints: false,
    webhook: null,
    firewall: { blockedKeywords: [], perDestinationPerMinute: null },
    ...change,
  };
  return { tenant, walletId };
}

export const invoicingOf = (
  change: Partial<NonNullable<TenantConfiguration["invoicing"]>>,
): Pick<TenantConfiguration, "invoicing"> => ({ invoicing: { ...DEFAULT_INVOICING, ...change } });

/** The wallet's row, without entries. */
export async function openWallet(pool: Pool, { tenant, walletId }: TestWallet): Promise<void> {
  const [wallet] = tenant.wallets;
  await pool.query("INSERT INTO wallets (wallet_id, tenant_id, currency, kind) VALUES ($1, $2, $3, $4)", [
    walletId,
    tenant.tenantId,
    wallet?.currency,
    wallet?.kind,
  ]);
}

/** Appends entries as the billing stage would have, and moves the wallet's row. */
export async function append(
  pool: Pool,
  { tenant, walletId }: TestWallet,
  entries: readonly TestEntry[],
): Promise<void> {
  for (const entry of entries) {
    const charge = (entry.type ?? "charge") === "charge";
    const revenue = entry.revenue ?? (charge ? "0.015" : "0");
    const tax = entry.tax ?? (charge ? "0.0012" : "0");
    await pool.query(
      `WITH w AS (
         UPDATE wallets SET sequence = sequence + 1, balance = balance + coalesce($9::numeric, -($7::numeric + $8::numeric))
          WHERE wallet_id = $1 RETURNING sequence, balance, currency)
       INSERT INTO ledger_entries (event_id, accepted_month, wallet_id, tenant_id, sequence, entry_type, event_type, message_id, part,
         amount, base, revenue, tax, clearing, balance_after, currency, volume_ordinal, trace, kafka_partition, kafka_offset, occurred_at)
       SELECT $2, date_trunc('month', $11::timestamptz AT TIME ZONE 'UTC')::date, $1, $3, w.sequence, $4, $5, $6, 0,
              coalesce($9::numeric, -($7::numeric + $8::numeric)), $12, $7, $8,
              -(coalesce($9::numeric, -($7::numeric + $8::numeric)) + $7::numeric + $8::numeric), w.balance, w.currency, 0, $10, 0, 0, $11 FROM w`,
      [
        walletId,
        entry.id ?? randomUUID(),
        tenant.tenantId,
        entry.type ?? "charge",
        entry.event ?? (charge ? "sms.delivered" : entry.type),
        entry.message ?? null,
        revenue,
        tax,
        entry.amount ?? null,
        JSON.stringify(entry.trace ?? { v: 2, card: "RC", version: 1, event: "x", units: 1, tax: "8" }),
        entry.at,
        entry.base === undefined ? (charge ? revenue : null) : entry.base,
      ],
    );
  }
}

/** Closes what ends with `day`, as the flow would at `at`. */
export function closeThrough(
  pool: Pool,
  { tenant, walletId }: TestWallet,
  day: string,
  { at = "2026-12-24T12:00:00Z", issue = true } = {},
): Promise<CloseOutcome> {
  const zone = zoneClock(tenant.timezone) as ZoneClock;
  const period = periodThrough(tenant.invoicing?.cycle ?? "daily", zone, day);
  if (period === null) throw new Error(`${day} is no day`);
  return createInvoiceBooks(pool).close({
    tenant,
    walletId,
    period,
    issuer: UNCONFIGURED_ISSUER,
    issue,
    actor: "test",
    at: Date.parse(at),
  });
}

export async function invoiceOf(
  pool: Pool,
  outcome: CloseOutcome,
): Promise<{ readonly invoice: Invoice; readonly summary: InvoiceSummary }> {
  if (outcome.kind !== "invoice") throw new Error(`closed with ${outcome.kind}`);
  const invoice = await createInvoiceBooks(pool).get(outcome.invoice.invoiceId);
  if (invoice === null) throw new Error("the invoice is not there");
  return { invoice, summary: outcome.invoice };
}
