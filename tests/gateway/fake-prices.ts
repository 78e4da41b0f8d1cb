import { money } from "#domain/money/money.ts";
import { type CompiledRateCard, compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import type { PriceRules } from "#domain/tenants/price-rules.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { RATE_CARD_SOURCE_EXAMPLE } from "#gateway/rest/rate-card-body.ts";
import { createQuoting } from "#pipeline/ingress/quote.ts";

/** The card that prices quotes: the documentation's. */
const QUOTED_CARD = compiledCard(JSON.stringify(RATE_CARD_SOURCE_EXAMPLE));

function compiledCard(source: string): CompiledRateCard {
  const compiled = compileRateCardVersion({
    v: 1,
    rateCardId: "RC-TENANT-001",
    version: 1,
    validFrom: 0,
    storedAt: 0,
    source,
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.card;
}

/** Quotes of the platform's tenants; their wallets have counted 9,999 messages in November 2026. */
export function fakeQuoting(
  platform: { readonly tenants: ReadonlyMap<string, TenantConfiguration>; readonly now: number },
  up: () => Promise<void>,
) {
  return createQuoting({
    control: {
      confirm: up,
      tenant: (tenantId) => platform.tenants.get(tenantId),
      rateCard: () => QUOTED_CARD,
      fx: () => undefined,
      supplier: () => undefined,
      load: () => null,
    },
    wallets: {
      state: async () => ({
        epoch: 1n,
        sequence: 3n,
        balance: money(0n),
        volumes: new Map([["202611", 9_999n]]),
      }),
    },
    ranges: { operator: () => "Verizon" },
    clock: { now: () => platform.now },
  });
}

/** Remembers nothing; the connector smsc-0 has a sheet without rows. */
export const FAKE_PRICE_RULES: PriceRules = {
  addFxRate: async ({ storedAt, base, quote, rate, source, at }) => ({
    v: 1,
    type: "fx_rate",
    base,
    quote,
    rate,
    source,
    at,
    validFrom: storedAt + 2_000,
  }),
  fxRates: async () => [],
  addLoadSignal: async ({ storedAt, percent, source }) => ({
    v: 1,
    type: "load_signal",
    percent,
    source,
    validFrom: storedAt + 2_000,
  }),
  loadSignals: async () => [],
  addSupplierSheet: async ({ connector, currency, rows, storedAt }) => ({
    v: 1,
    type: "supplier_sheet",
    connector,
    currency,
    rows,
    version: 1,
    validFrom: storedAt + 2_000,
  }),
  supplierSheets: async () => [
    {
      v: 1,
      type: "supplier_sheet",
      connector: "smsc-dear",
      version: 1,
      currency: "USD",
      validFrom: 0,
      rows: [{ country: "ZZ", rate: "1000" }],
    },
  ],
  supplierSheet: async (connector) =>
    connector === "smsc-0"
      ? { v: 1, type: "supplier_sheet", connector, version: 1, currency: "USD", validFrom: 0, rows: [] }
      : null,
};
