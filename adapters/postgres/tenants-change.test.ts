import { expect, test } from "@jest/globals";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { changedConfiguration } from "./tenants-change.ts";

const wallet = (walletId: string): TenantConfiguration["wallets"][number] => ({
  walletId,
  currency: "USD",
  kind: "postpaid",
  creditLimit: "5",
  thresholds: { low: null, critical: null },
});

const current: TenantConfiguration = {
  v: 1,
  tenantId: "T",
  revision: 4,
  name: "Acme",
  email: null,
  status: "active",
  timezone: "UTC",
  country: "US",
  taxRate: "0",
  rateCardId: "RC",
  wallets: [wallet("w1"), wallet("w2")],
  trustedHints: false,
  webhook: { url: "https://a.test", secret: "s" },
  firewall: { blockedKeywords: ["x"], perDestinationPerMinute: null },
};

test("given fields change under the next revision, absent ones stay, null is a value", () => {
  expect(changedConfiguration(current, { name: "B", webhook: null })).toEqual({
    ...current,
    name: "B",
    webhook: null,
    revision: 5,
  });
});

test("limits change of the first wallet alone", () => {
  const changed = changedConfiguration(current, {
    creditLimit: "9",
    thresholds: { low: "1", critical: "0" },
  });
  expect(changed?.wallets).toEqual([
    { ...wallet("w1"), creditLimit: "9", thresholds: { low: "1", critical: "0" } },
    wallet("w2"),
  ]);
});

test("what changes nothing makes no revision", () => {
  expect(changedConfiguration(current, {})).toBeNull();
  expect(
    changedConfiguration(current, {
      name: "Acme",
      firewall: { blockedKeywords: ["x"], perDestinationPerMinute: null },
    }),
  ).toBeNull();
});

test("closed is final", () => {
  expect(changedConfiguration({ ...current, status: "closed" }, { status: "active" })).toBeNull();
});
