import { describe, expect, test } from "@jest/globals";
import type { ApplicationFailure } from "@temporalio/common";
import { Rejected, Unavailable } from "#domain/errors.ts";
import type { FlowCalendar, FlowSchedule } from "#domain/flows/schedules.ts";
import type { Mail, MailOutcome } from "#domain/mail/ports.ts";
import type { NewTenant, TenantChange } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import type { OnboardingInput } from "#workflows/tenant-onboarding/api.ts";
import { createOnboardingActivities } from "./onboarding.ts";

const input: OnboardingInput = {
  tenantId: "TENANT-001",
  name: "Acme",
  email: "ops@acme.test",
  timezone: "America/New_York",
  country: "US",
  taxRate: "8",
  wallet: {
    walletId: "0190a000-0000-7000-8000-000000000001",
    currency: "USD",
    kind: "prepaid",
    creditLimit: "0",
    thresholds: { low: "10", critical: "1" },
  },
  rateCardId: "RC-USD",
  trustedHints: false,
  firewall: { blockedKeywords: [], perDestinationPerMinute: null },
  apiKey: { hash: "a".repeat(64), last4: "wXyZ" },
  smppAccount: { systemId: "TENANT-001", passwordHash: "scrypt$16384$8$AAAA$AAAA" },
  actor: "owner",
};
const { tenantId, actor } = input;
const { walletId } = input.wallet;

const configuration: TenantConfiguration = {
  v: 1,
  tenantId,
  revision: 1,
  name: "Acme",
  email: "ops@acme.test",
  status: "onboarding",
  timezone: "America/New_York",
  country: "US",
  taxRate: "8",
  rateCardId: null,
  wallets: [input.wallet],
  trustedHints: false,
  webhook: null,
  firewall: { blockedKeywords: [], perDestinationPerMinute: null },
};

/** A store of one tenant, with a Kafka that may be away. */
function world(start: TenantConfiguration | null = null) {
  const state = {
    tenant: start,
    created: [] as NewTenant[],
    changes: [] as TenantChange[],
    flushes: 0,
    mails: [] as Mail[],
    kafkaIsAway: false,
    taken: false,
    mailOutcome: { kind: "accepted" } as MailOutcome,
    schedules: new Map<string, FlowCalendar>(),
    customers: [] as string[],
    providerSays: null as Error | null,
  };
  const activities = createOnboardingActivities({
    tenants: {
      async create(tenant) {
        if (state.taken) return { kind: "conflict", taken: "systemId" };
        state.created.push(tenant);
        state.tenant ??= tenant.configuration;
        return { kind: "created", configuration: state.tenant };
      },
      get: async () => state.tenant,
      async change(_, change, { expectedRevision }) {
        if (state.tenant === null) return { kind: "unknown" };
        if (expectedRevision !== undefined && expectedRevision !== state.tenant.revision) {
          return { kind: "stale", configuration: state.tenant };
        }
        state.changes.push(change);
        if (change.payment !== undefined) state.tenant = { ...state.tenant, payment: change.payment };
        if (change.status !== undefined) state.tenant = { ...state.tenant, status: change.status };
        state.tenant = { ...state.tenant, revision: state.tenant.revision + 1 };
        return { kind: "changed", configuration: state.tenant };
      },
      undoOnboarding: async () => {},
    },
    announcements: {
      async flush() {
        state.flushes += 1;
        if (state.kafkaIsAway) throw new Unavailable("kafka");
      },
    },
    rateCardCurrency: async (rateCardId) => ({ "RC-USD": "USD", "RC-EUR": "EUR" })[rateCardId] ?? null,
    mailer: {
      async send(mail) {
        state.mails.push(mail);
        return state.mailOutcome;
      },
    },
    doors: { api: "http://api.test", reference: "http://api.test/docs", smpp: "smpp.test:2775" },
    office: {
      email: "operator@platform.test",
      apiUrl: "http://api.test",
      flowUrl: (workflowId) => `http://ui.test/${workflowId}`,
    },
    schedules: {
      async put({ scheduleId, calendar }) {
        state.schedules.set(scheduleId, calendar);
        return { scheduleId } as FlowSchedule;
      },
      delete: async (scheduleId) => state.schedules.delete(scheduleId),
    },
    provider: (name) =>
      name === "paypal"
        ? null
        : {
            async createCustomer({ idempotencyKey }) {
              if (state.providerSays !== null) throw state.providerSays;
              state.customers.push(idempotencyKey);
              return { customerId: "cus_1" };
            },
          },
    webhookSecret: (wallet) => `whsec_${wallet}`,
  });
  return { state, activities };
}

async function failureOf(
  work: Promise<unknown>,
): Promise<{ type: unknown; message: string; final: unknown }> {
  const error = await work.then(
    () => new Error("did not fail"),
    (failure: unknown) => failure,
  );
  const { type, message, nonRetryable } = error as ApplicationFailure;
  return { type, message, final: nonRetryable };
}

describe("validating", () => {
  test("a good input passes, also on the attempt after its tenant was created", async () => {
    await world().activities.validateOnboarding(input);
    await world(configuration).activities.validateOnboarding(input);
    await world({ ...configuration, status: "closed" }).activities.validateOnboarding(input);
  });

  const wrong: [string, Partial<OnboardingInput>][] = [
    ["timezone", { timezone: "Mars/Olympus" }],
    ["country", { country: "XX" }],
    ["wallet.currency", { wallet: { ...input.wallet, currency: "QQQ" } }],
    ["wallet.creditLimit", { wallet: { ...input.wallet, creditLimit: "5" } }],
    ["wallet.thresholds", { wallet: { ...input.wallet, thresholds: { low: "1", critical: "10" } } }],
    ["taxRate", { taxRate: "-8" }],
    ["email", { email: "nobody" }],
    ["taxId", { taxId: "1234" }],
    ["taxId", { taxId: "DE136695975", country: "DE" }],
    ["webhookUrl", { webhookUrl: "ftp://acme.test/hook" }],
    ["paymentProvider", { paymentProvider: "paypal" }],
    ["kyc.deadlineSeconds", { kyc: { deadlineSeconds: 1 } }],
    ["rateCardId", { rateCardId: "RC-NONE" }],
    ["rateCardId", { rateCardId: "RC-EUR" }],
    [
      "smppAccount.systemId",
      { smppAccount: { systemId: "much-too-long-for-smpp", passwordHash: "scrypt$" } },
    ],
  ];
  test.each(wrong)("a wrong %s fails at once and is named", async (field, change) => {
    const failure = await failureOf(world().activities.validateOnboarding({ ...input, ...change }));
    expect(failure).toMatchObject({ type: "Validation", final: true });
    expect(failure.message).toMatch(new RegExp(`^${field} `));
  });

  test("an id that another wallet's tenant has is a conflict", async () => {
    const other = { ...configuration, wallets: [{ ...input.wallet, walletId: "other" }] };
    await expect(failureOf(world(other).activities.validateOnboarding(input))).resolves.toEqual({
      type: "Conflict",
      message: "tenantId is taken",
      final: true,
    });
  });
});

describe("creating", () => {
  test("hands the store what the input says", async () => {
    const { state, activities } = world();
    await activities.createTenant(input);
    expect(state.created).toEqual([
      {
        configuration,
        apiKey: input.apiKey,
        smppAccount: input.smppAccount,
        refuseDuplicates: true,
        actor: "owner",
      },
    ]);
  });

  test("keeps the tax id in its one form, derives the webhook's secret, and lets duplicates be where they are meant", async () => {
    const { state, activities } = world();
    const webhookUrl = "https://acme.test/hook";
    await activities.createTenant({ ...input, taxId: "12-3456789", webhookUrl, allowDuplicate: true });
    expect(state.created).toMatchObject([
      {
        configuration: { taxId: "123456789", webhook: { url: webhookUrl, secret: `whsec_${walletId}` } },
        refuseDuplicates: false,
      },
    ]);
  });

  test("a conflict is final and names the input's field", async () => {
    const { state, activities } = world();
    state.taken = true;
    await expect(failureOf(activities.createTenant(input))).resolves.toEqual({
      type: "Conflict",
      message: "smppAccount.systemId is taken",
      final: true,
    });
  });
});

describe("activating", () => {
  const step = { tenantId, walletId, actor };

  test("opens the tenant and returns once that is announced", async () => {
    const { state, activities } = world(configuration);
    await expect(activities.activateTenant(step)).resolves.toEqual({ revision: 2 });
    expect(state).toMatchObject({ flushes: 1, changes: [{ status: "active" }] });
  });

  test("without Kafka it is tried again, and the second attempt changes nothing", async () => {
    const { state, activities } = world(configuration);
    state.kafkaIsAway = true;
    await expect(activities.activateTenant(step)).rejects.toBeInstanceOf(Unavailable);
    state.kafkaIsAway = false;
    await expect(activities.activateTenant(step)).resolves.toEqual({ revision: 2 });
    expect(state.changes).toHaveLength(1);
  });

  test("a tenant that was suspended meanwhile stays suspended", async () => {
    const { state, activities } = world({ ...configuration, status: "suspended", revision: 7 });
    await expect(activities.activateTenant(step)).resolves.toEqual({ revision: 7 });
    expect(state.changes).toEqual([]);
  });

  test("a tenant that was closed, or is another's, is not opened", async () => {
    for (const tenant of [
      null,
      { ...configuration, status: "closed" as const },
      { ...configuration, wallets: [] },
    ]) {
      const { state, activities } = world(tenant);
      await expect(failureOf(activities.activateTenant(step))).resolves.toMatchObject({
        type: "Conflict",
        final: true,
      });
      expect(state.changes).toEqual([]);
    }
  });
});

describe("the rate card", () => {
  test("is attached to a tenant that is there", async () => {
    const { state, activities } = world(configuration);
    await activities.attachRateCard({ tenantId, rateCardId: "RC-USD", actor });
    expect(state.changes).toEqual([{ rateCardId: "RC-USD" }]);
    const gone = world();
    await expect(
      failureOf(gone.activities.attachRateCard({ tenantId, rateCardId: "RC-USD", actor })),
    ).resolves.toMatchObject({ type: "Conflict" });
  });

  test("is detached only from the tenant of this onboarding, and while it is one", async () => {
    const ours = world(configuration);
    await ours.activities.detachRateCard({ tenantId, walletId, actor });
    expect(ours.state.changes).toEqual([{ rateCardId: null }]);
    for (const tenant of [
      { ...configuration, status: "active" as const },
      { ...configuration, wallets: [] },
      null,
    ]) {
      const { state, activities } = world(tenant);
      await activities.detachRateCard({ tenantId, walletId, actor });
      expect(state.changes).toEqual([]);
    }
  });
});

describe("the customer of a payment provider", () => {
  const step = { tenantId, walletId, provider: "stripe" as const, actor };

  test("is kept with the tenant, and asked for by the same key however often", async () => {
    const { state, activities } = world(configuration);
    await expect(activities.registerCustomer(step)).resolves.toEqual({ customerId: "cus_1" });
    await activities.registerCustomer(step);
    expect(new Set(state.customers)).toEqual(new Set([`customer-${walletId}`]));
    expect(state.tenant?.payment).toMatchObject({ provider: "stripe", customerId: "cus_1" });
    await activities.forgetCustomer({ tenantId, walletId, actor });
    expect(state.tenant?.payment?.customerId).toBeNull();
  });

  test("that the provider refuses ends the onboarding and names why; one that is away is tried again", async () => {
    const { state, activities } = world(configuration);
    state.providerSays = new Rejected("stripe", "account_invalid", "no");
    await expect(failureOf(activities.registerCustomer(step))).resolves.toEqual({
      type: "RefusedByProvider",
      message: "paymentProvider was refused by stripe (account_invalid)",
      final: true,
    });
    state.providerSays = new Unavailable("stripe");
    await expect(activities.registerCustomer(step)).rejects.toBeInstanceOf(Unavailable);
  });

  test("is none of another onboarding's tenant", async () => {
    for (const tenant of [null, { ...configuration, wallets: [] }]) {
      const { state, activities } = world(tenant);
      await expect(failureOf(activities.registerCustomer(step))).resolves.toMatchObject({ type: "Conflict" });
      await activities.forgetCustomer({ tenantId, walletId, actor });
      expect(state.changes).toEqual([]);
    }
  });
});

describe("the invoice schedule", () => {
  test("stands in the tenant's zone, and is deleted only for the tenant of this onboarding that is not open", async () => {
    const { state, activities } = world(configuration);
    await activities.scheduleInvoices({ tenantId, walletId });
    expect(state.schedules.get("invoicing-TENANT-001")).toMatchObject({ timezone: "America/New_York" });
    await activities.unscheduleInvoices({ tenantId, walletId: "another" });
    expect(state.schedules.size).toBe(1);
    await activities.unscheduleInvoices({ tenantId, walletId });
    expect(state.schedules.size).toBe(0);
    const open = world({ ...configuration, status: "active" });
    open.state.schedules.set("invoicing-TENANT-001", { every: "day", timezone: "UTC", hour: 0, minute: 10 });
    await open.activities.unscheduleInvoices({ tenantId, walletId });
    expect(open.state.schedules.size).toBe(1);
  });
});

test("the operator is asked with the doors by which it answers, and learns no name and no address", async () => {
  const { state, activities } = world(configuration);
  const step = { tenantId, walletId, kind: "request" as const, number: 0, dueAt: Date.UTC(2026, 11, 1) };
  await activities.mailKyc(step);
  await activities.mailKyc({ ...step, kind: "reminder", number: 1 });
  const [request, reminder] = state.mails;
  expect(request).toMatchObject({ to: "operator@platform.test", messageId: `kyc.${walletId}.0@catalyst` });
  expect(reminder?.messageId).toBe(`kyc.${walletId}.1@catalyst`);
  expect(reminder?.subject).toMatch(/^Reminder/);
  for (const part of ["runs/onboarding-TENANT-001/updates/decideKyc", "http://ui.test/", "2026-12-01"])
    expect(request?.text).toContain(part);
  expect(request?.text).not.toContain("Acme");
  expect(request?.text).not.toContain("ops@acme.test");
});

test("the welcome mail's outcome is handed on", async () => {
  const { state, activities } = world(configuration);
  state.mailOutcome = { kind: "refused", reason: "550" };
  const step = {
    tenantId,
    walletId,
    name: "Acme",
    email: "ops@acme.test",
    currency: "USD",
    apiKeyLast4: "wXyZ",
    smppSystemId: null,
  };
  await expect(activities.sendWelcomeMail(step)).resolves.toEqual({ kind: "refused", reason: "550" });
  expect(state.mails.map(({ to }) => to)).toEqual(["ops@acme.test"]);
});
