import { randomBytes } from "node:crypto";
import type { KafkaPublisher } from "#adapters/kafka/publisher.ts";
import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { createPool } from "#adapters/postgres/pool.ts";
import { createRateCardStore } from "#adapters/postgres/rate-cards.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { systemClock } from "#domain/clock.ts";

const RATE_CARD = {
  rate_card_id: "RC-DEAD-LETTERS",
  name: "one cent a message",
  currency: "USD",
  effective_date: "2024-01-01",
  timezone: "UTC",
  rates: { sms: { base_rate: 0.01 } },
};

/** Creates an active tenant with a wallet whose id the test knows beforehand, and announces it. */
export async function createTenant(
  databaseUrl: string,
  publisher: KafkaPublisher,
  tenantId: string,
  walletId: string,
): Promise<void> {
  const pool = createPool(databaseUrl, "dead-letters-test");
  try {
    const outbox = createControlOutbox(pool, publisher);
    const tenants = createTenantStore(pool, outbox, {
      clock: systemClock,
      onDelayed: () => undefined,
    });
    const now = systemClock.now();
    await createRateCardStore(pool).append({
      rateCardId: RATE_CARD.rate_card_id,
      source: JSON.stringify(RATE_CARD),
      name: RATE_CARD.name,
      currency: RATE_CARD.currency,
      effectiveFrom: Date.parse(RATE_CARD.effective_date),
      storedAt: now,
      actor: "test",
    });
    const wallet = { walletId, currency: "USD", kind: "prepaid", creditLimit: "0" } as const;
    await tenants.create({
      configuration: {
        v: 1,
        tenantId,
        revision: 1,
        name: "Dead letters",
        email: null,
        status: "onboarding",
        timezone: "UTC",
        country: "US",
        taxRate: "0",
        rateCardId: RATE_CARD.rate_card_id,
        wallets: [{ ...wallet, thresholds: { low: null, critical: null } }],
        trustedHints: false,
        webhook: null,
        firewall: { blockedKeywords: [], perDestinationPerMinute: null },
      },
      apiKey: { hash: randomBytes(32).toString("hex"), last4: "test" },
      smppAccount: null,
      actor: "test",
    });
    await tenants.change(tenantId, { status: "active" }, { actor: "test" });
    await outbox.flush();
  } finally {
    await pool.end();
  }
}
