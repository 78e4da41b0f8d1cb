import { randomUUID } from "node:crypto";
import type { Pool } from "#adapters/postgres/pool.ts";
import { DEFAULT_INVOICING } from "#domain/invoicing/schedule.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";

/** Statements that fill the ledger at a time: a core each. */
const WRITERS = 2;
const TENANTS_PER_STATEMENT = 10;

/** What a tenant's day is made of; the ledger's own shape, at prices of the guide. */
const CHARGES = `(VALUES (0, 'sms.delivered', 0.015, 0.0012), (1, 'sms.delivered', 0.03, 0.0024), (2, 'sms.delivered', 0.0475, 0.0038),
  (3, 'firewall.scan', 0.0001, 0.000008), (4, 'whatsapp.delivered', 0.0049, 0.000392), (5, 'sms.submit', 0.002, 0.00016))
  AS c (kind, event_type, price, tax)`;

/** Postpaid tenants without a mail address, so that no document is set. */
export async function openTenants(
  tenants: TenantStore,
  count: number,
): Promise<readonly TenantConfiguration[]> {
  const opened: TenantConfiguration[] = [];
  for (let number = 1; number <= count; number += 1) {
    const tenantId = `BENCH-${String(number).padStart(5, "0")}`;
    const configuration = tenantOf(tenantId);
    const apiKey = { hash: randomUUID().replaceAll("-", "").padEnd(64, "0"), last4: "none" };
    await tenants.create({ configuration, apiKey, smppAccount: null, actor: "bench" });
    opened.push(configuration);
  }
  return opened;
}

function tenantOf(tenantId: string): TenantConfiguration {
  const thresholds = { low: null, critical: null };
  return {
    v: 1,
    tenantId,
    revision: 1,
    name: `Tenant ${tenantId}`,
    email: null,
    status: "active",
    timezone: "UTC",
    country: "US",
    taxRate: "8",
    rateCardId: null,
    wallets: [
      { walletId: randomUUID(), currency: "USD", kind: "postpaid", creditLimit: "100000", thresholds },
    ],
    trustedHints: false,
    webhook: null,
    firewall: { blockedKeywords: [], perDestinationPerMinute: null },
    invoicing: DEFAULT_INVOICING,
  };
}

/** Charges of one day (YYYY-MM-DD, UTC) in each wallet, as charging writes them. */
export async function fillLedger(
  pool: Pool,
  tenants: readonly TenantConfiguration[],
  entries: number,
  day: string,
  progress: (tenants: number) => void,
): Promise<void> {
  const wallets = tenants.map((tenant) => tenant.wallets[0]?.walletId ?? "");
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < wallets.length) {
      const from = next;
      next += TENANTS_PER_STATEMENT;
      await fill(pool, wallets.slice(from, next), entries, day, from);
      progress(Math.min(next, wallets.length));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  await pool.query("VACUUM (ANALYZE) ledger_entries");
  await pool.query("ANALYZE wallets");
}

/** Ids ascend, as those of messages do. */
async function fill(
  pool: Pool,
  wallets: readonly string[],
  entries: number,
  day: string,
  from: number,
): Promise<void> {
  await pool.query(
    `INSERT INTO ledger_entries (event_id, accepted_month, wallet_id, tenant_id, sequence, entry_type, event_type, message_id, part, amount,
       base, revenue, tax, clearing, balance_after, currency, volume_period, volume_ordinal, trace, kafka_partition, kafka_offset, occurred_at)
     SELECT lpad(to_hex(($4::bigint + w.place) * 1000000 + n), 12, '0') || '-7abc-8def-0123456789ab:' || c.event_type || ':1',
            date_trunc('month', $3::date)::date, w.wallet_id, w.tenant_id, n, 'charge', c.event_type,
            lpad(to_hex(($4::bigint + w.place) * 1000000 + n), 12, '0') || '-7abc-8def-0123456789ab', 1, -(c.price + c.tax), c.price, c.price,
            c.tax, 0, 0, w.currency, to_char($3::date, 'YYYYMM'), n,
            jsonb_build_object('v', 2, 'card', 'RC-BENCH', 'version', 1, 'event', c.event_type, 'units', 1, 'tax', '8', 'source', 'base',
                               'in', jsonb_build_object('country', 'US', 'operator', '310410', 'encoding', 'gsm7')),
            0, n, $3::date + interval '1 second' * (n % 86400)
       FROM (SELECT wallet_id, tenant_id, currency, row_number() OVER (ORDER BY wallet_id) AS place FROM wallets WHERE wallet_id = ANY($1)) w
      CROSS JOIN generate_series(1, $2::int) AS n JOIN ${CHARGES} ON c.kind = n % 6`,
    [wallets, entries, day, from],
  );
  await pool.query(
    `UPDATE wallets w SET sequence = $2, balance = e.balance FROM (
       SELECT wallet_id, sum(amount) AS balance FROM ledger_entries WHERE wallet_id = ANY($1) GROUP BY wallet_id) e
      WHERE e.wallet_id = w.wallet_id`,
    [wallets, entries],
  );
}
