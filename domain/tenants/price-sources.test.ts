import { describe, expect, test } from "@jest/globals";
import { parsePercent } from "#domain/money/percent.ts";
import { compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import { priceSources, type PricedEvent } from "./price-sources.ts";
import type { TenantConfiguration, WalletConfiguration } from "./tenant.ts";

const WALLET: WalletConfiguration = {
  walletId: "W",
  currency: "USD",
  kind: "prepaid",
  creditLimit: "0",
  thresholds: { low: null, critical: null },
};
const TENANT: TenantConfiguration = {
  v: 1,
  tenantId: "T",
  revision: 1,
  name: "T",
  email: null,
  status: "active",
  timezone: "UTC",
  country: "US",
  taxRate: "0",
  rateCardId: "RC",
  wallets: [WALLET],
  trustedHints: false,
  webhook: null,
  firewall: { blockedKeywords: [], perDestinationPerMinute: null },
};
const SOURCE = JSON.stringify({
  rate_card_id: "RC",
  name: "Card",
  currency: "USD",
  effective_date: "2024-01-01",
  rates: { sms: { base_rate: "0.01" } },
});
const EVENT: PricedEvent = {
  at: 5_000,
  prefix: null,
  operator: null,
  country: null,
  connector: null,
  load: null,
};

function loadOf(event: PricedEvent): unknown {
  const compiled = compileRateCardVersion({
    v: 1,
    rateCardId: "RC",
    version: 1,
    validFrom: 0,
    storedAt: 0,
    source: SOURCE,
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const sources = priceSources(
    {
      rateCard: () => compiled.card,
      fx: () => undefined,
      supplier: () => undefined,
      load: (at) => (at >= 5_000 ? parsePercent("90") : null),
    },
    TENANT,
    WALLET,
    event,
  );
  return "problem" in sources ? sources.problem : sources.load;
}

describe("the load that an event is priced at", () => {
  test("is the platform's at the moment of the event", () => {
    expect(loadOf(EVENT)).toBe(parsePercent("90"));
    expect(loadOf({ ...EVENT, at: 4_999 })).toBeNull();
  });

  test("is the event's own where it states one", () => {
    expect(loadOf({ ...EVENT, load: parsePercent("0") })).toBe(parsePercent("0"));
  });
});
