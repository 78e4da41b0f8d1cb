import type { BillingEvent } from "#domain/events/billing-event.ts";
import { formatMoney, parseMoney, type Money } from "#domain/money/money.ts";
import { compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import type { TenantConfiguration, WalletConfiguration } from "#domain/tenants/tenant.ts";

export const NOW = Date.parse("2026-11-20T12:00:00Z");
export const WALLETS = ["w1", "w2", "w3"] as const;
const TENANT = "T1";

/** More than the dearest message costs, so that what is set aside always covers it. */
export const HOLD = parseMoney("0.02") as Money;
/** Some thirty messages: a wallet runs dry within a run. */
const TOP_UP = "0.4";

const SOURCE = JSON.stringify({
  rate_card_id: "RC",
  name: "Simulated",
  currency: "USD",
  effective_date: "2024-01-01",
  rates: {
    sms: { base_rate: 0.0123456789012345, events: { "sms.submit": 0.001 } },
    firewall: { base_rate: 0.0001 },
  },
  volume_discounts: [
    { min_volume: 0, max_volume: 9, discount: 0 },
    { min_volume: 10, max_volume: 24, discount: 5 },
    { min_volume: 25, max_volume: 39, discount: 12.5 },
    { min_volume: 40, max_volume: null, discount: 33 },
  ],
});

const compiled = compileRateCardVersion({
  v: 1,
  rateCardId: "RC",
  version: 1,
  validFrom: 0,
  storedAt: 0,
  source: SOURCE,
});
if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
export const { card } = compiled;

export function walletConfiguration(walletId: string): WalletConfiguration {
  return {
    walletId,
    currency: "USD",
    kind: "prepaid",
    creditLimit: "0",
    thresholds: { low: "0.2", critical: "0.1" },
  };
}

const tenant: TenantConfiguration = {
  v: 1,
  tenantId: TENANT,
  revision: 1,
  name: "Simulated",
  email: null,
  status: "active",
  timezone: "UTC",
  country: "US",
  taxRate: "8",
  rateCardId: "RC",
  wallets: WALLETS.map(walletConfiguration),
  trustedHints: false,
  webhook: null,
  firewall: { blockedKeywords: [], perDestinationPerMinute: null },
};

export const simulatedControl: ControlView = {
  tenant: () => tenant,
  rateCard: () => card,
  fx: () => undefined,
  supplier: () => undefined,
  load: () => null,
  confirm: async () => {},
};

export function usage(walletId: string, messageId: string, eventType: string, hold: Money): BillingEvent {
  return {
    v: 1,
    kind: "usage",
    id: `${messageId}:${eventType}:1`,
    eventType,
    messageId,
    part: 1,
    tenantId: TENANT,
    walletId,
    channel: eventType.split(".")[0]!,
    at: NOW,
    acceptedAt: NOW,
    units: 1,
    country: "US",
    operator: null,
    hold: formatMoney(hold),
  };
}

export function topUp(walletId: string, id: string): BillingEvent {
  return {
    v: 1,
    kind: "entry",
    id,
    tenantId: TENANT,
    walletId,
    at: NOW,
    acceptedAt: NOW,
    entryType: "top_up",
    amount: TOP_UP,
    units: 0,
    reason: "simulated",
    actor: "simulator",
  };
}

/** Whether it costs anything, and so has a place in the ledger. */
export function isCharged(event: BillingEvent): boolean {
  return event.kind === "entry" || event.eventType !== "sms.failed";
}
