import { describe, expect, test } from "@jest/globals";
import type { Mail } from "#domain/mail/ports.ts";
import { parseMoney, ZERO } from "#domain/money/money.ts";
import type { DueOutcome, DueRecharge } from "#domain/payments/recharge-breaker.ts";
import type { NewPayment } from "#domain/payments/payment.ts";
import type { RechargeHistory } from "#domain/payments/recharge-limits.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { createRechargeActivities } from "./recharge.ts";

const walletId = "0190a000-0000-7000-8000-000000000001";
const request = {
  tenantId: "TENANT-001",
  walletId,
  currency: "USD",
  triggerId: `wallet:${walletId}:low:42`,
};

const tenant: TenantConfiguration = {
  v: 1,
  tenantId: "TENANT-001",
  revision: 3,
  name: "Acme",
  email: "ops@acme.test",
  status: "active",
  timezone: "America/New_York",
  country: "US",
  taxRate: "0",
  rateCardId: null,
  wallets: [
    {
      walletId,
      currency: "USD",
      kind: "prepaid",
      creditLimit: "0",
      thresholds: { low: "10", critical: null },
    },
  ],
  trustedHints: false,
  webhook: null,
  firewall: { blockedKeywords: [], perDestinationPerMinute: null },
  payment: {
    provider: "stripe",
    customerId: "cus_1",
    paymentMethodId: "pm_1",
    autoRecharge: { amount: "50", monthlyCap: "200" },
  },
};
const agreed = tenant.payment!;
const wallet = tenant.wallets[0]!;

const QUIET: RechargeHistory = {
  platformLastMinute: 0,
  tenantLastHour: 0,
  tenantLastDay: 0,
  tenantThisMonth: ZERO,
};

function world(given: Partial<TenantConfiguration> = {}) {
  const state = {
    tenant: { ...tenant, ...given } as TenantConfiguration | null,
    balance: parseMoney("3"),
    outcome: { kind: "closed" } as DueOutcome,
    open: false,
    underWay: false,
    history: QUIET,
    due: [] as DueRecharge[],
    opened: [] as NewPayment[],
    months: [] as number[],
    mails: [] as Mail[],
  };
  const activities = createRechargeActivities({
    tenants: { get: async () => state.tenant },
    balances: { balanceOf: async () => state.balance },
    payments: {
      async admitRecharge(payment, monthStart, judge) {
        const verdict = judge(state.history);
        state.months.push(monthStart);
        if (verdict.kind === "allowed") state.opened.push(payment);
        return verdict;
      },
    },
    breaker: {
      async due(recharge) {
        state.due.push(recharge);
        return state.outcome;
      },
      state: async () => ({
        state: state.open ? "open" : "closed",
        openings: 1,
        changedAt: 0,
        changedBy: "recharges",
        reason: "31 recharges fell due",
      }),
      isUnderWay: async () => state.underWay,
    },
    mailer: {
      async send(mail) {
        state.mails.push(mail);
        return { kind: "accepted" };
      },
    },
    operator: { email: "operator@platform.test", apiUrl: "http://api.test" },
    clock: { now: () => Date.UTC(2026, 11, 1, 3) },
  });
  return { state, activities };
}

describe("a recharge", () => {
  test("is due where the ledger says so, and is one payment of its crossing", async () => {
    const { state, activities } = world();
    await expect(activities.rechargeDue(request)).resolves.toEqual({ kind: "due", waitMs: 60_000 });
    expect(state.due).toMatchObject([{ paymentId: `recharge-${walletId}-42`, tenantId: "TENANT-001" }]);
    const admission = await activities.admitRecharge({
      ...request,
      triggerId: `wallet:${walletId}:critical:42`,
    });
    expect(admission).toMatchObject({
      kind: "admitted",
      payment: {
        paymentId: `recharge-${walletId}-42`,
        amountMinor: "5000",
        currency: "USD",
        purpose: "auto_recharge",
      },
    });
    // Three in the night of 1 December in London is the evening of 30 November in New York.
    expect(state.months).toEqual([Date.UTC(2026, 10, 1, 4)]);
  });

  const none: [string, Partial<TenantConfiguration>][] = [
    ["the tenant is suspended", { status: "suspended" }],
    ["the tenant is closed", { status: "closed" }],
    ["automatic recharge is not agreed", { payment: { ...agreed, autoRecharge: null } }],
    ["automatic recharge is not agreed", { wallets: [{ ...wallet, kind: "postpaid" }] }],
    ["no payment method is stored", { payment: { ...agreed, paymentMethodId: null } }],
    [
      "the amount to buy is no whole number of the minor units of USD",
      { payment: { ...agreed, autoRecharge: { amount: "0.001", monthlyCap: "1" } } },
    ],
    ["there is no such wallet", { wallets: [] }],
  ];
  test.each(none)("is not due: %s", async (because, given) => {
    const { state, activities } = world(given);
    await expect(activities.rechargeDue(request)).resolves.toEqual({ kind: "none", because });
    expect(state.due).toEqual([]);
  });

  test("is not due by a cache's word: the ledger says 100, or knows no wallet", async () => {
    const { state, activities } = world();
    state.balance = parseMoney("100");
    await expect(activities.rechargeDue(request)).resolves.toMatchObject({ kind: "none" });
    await expect(activities.admitRecharge(request)).resolves.toMatchObject({ kind: "none" });
    state.balance = null;
    await expect(activities.rechargeDue(request)).resolves.toMatchObject({ kind: "none" });
    expect([state.due, state.opened]).toEqual([[], []]);
  });

  test("waits for the one that is under way, and is bought although a critical balance has suspended meanwhile", async () => {
    const { state, activities } = world();
    state.underWay = true;
    await expect(activities.rechargeDue(request)).resolves.toMatchObject({ kind: "none" });
    const suspended = world({ status: "suspended" });
    await expect(suspended.activities.admitRecharge(request)).resolves.toMatchObject({ kind: "admitted" });
  });

  test("keeps within the tenant's cap of the month and its rate", async () => {
    const { state, activities } = world();
    state.history = { ...QUIET, tenantThisMonth: parseMoney("150")! };
    await expect(activities.admitRecharge(request)).resolves.toMatchObject({ kind: "admitted" });
    state.history = { ...QUIET, tenantThisMonth: parseMoney("150.01")! };
    await expect(activities.admitRecharge(request)).resolves.toEqual({
      kind: "none",
      because: "this month's recharges have reached the cap that the tenant set",
    });
    state.history = { ...QUIET, tenantLastHour: 2 };
    await expect(activities.admitRecharge(request)).resolves.toMatchObject({ kind: "none" });
    expect(state.opened).toHaveLength(1);
  });
});

describe("an open breaker", () => {
  test("stops what is due and what has waited, and whoever opened it raises the alarm however often it asks", async () => {
    const { state, activities } = world();
    state.outcome = { kind: "open", opened: true, openings: 7, reason: "31 recharges fell due" };
    const alarm = { kind: "stopped", because: "31 recharges fell due", alarm: 7 };
    await expect(activities.rechargeDue(request)).resolves.toEqual(alarm);
    await expect(activities.rechargeDue(request)).resolves.toEqual(alarm);
    state.outcome = { ...state.outcome, opened: false };
    await expect(activities.rechargeDue(request)).resolves.toEqual({ ...alarm, alarm: null });
    state.open = true;
    await expect(activities.admitRecharge(request)).resolves.toEqual({ ...alarm, alarm: null });
    expect(state.opened).toEqual([]);
  });

  test("is told to the operator with what to do, each opening under one Message-ID", async () => {
    const { state, activities } = world();
    await activities.mailBreaker({ opening: 7, because: "31 recharges fell due" });
    await activities.mailBreaker({ opening: 7, because: "31 recharges fell due" });
    expect(new Set(state.mails.map(({ messageId }) => messageId))).toEqual(
      new Set(["recharge-breaker.7@catalyst"]),
    );
    expect(state.mails[0]?.text).toContain("http://api.test/api/v2/recharge-breaker/close");
  });
});
