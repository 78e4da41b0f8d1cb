import { randomBytes } from "node:crypto";
import { pino } from "pino";
import type { IdempotencyStore, StoredResponse } from "#domain/access/ports.ts";
import type { AcceptOutcome, Submission } from "#domain/messages/submission.ts";
import { refused } from "#domain/messages/submission.ts";
import { billingEvent } from "#domain/events/billing-event.ts";
import type { OutgoingRecord } from "#domain/events/ports.ts";
import type { MessageView } from "#domain/messages/ports.ts";
import { money, parseMoney, type Money } from "#domain/money/money.ts";
import type { ApiKeySummary } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import type { OnboardingInput } from "#workflows/tenant-onboarding/api.ts";
import type {
  GatewayDependencies,
  OnboardingOutcome,
  StoredRateCard,
  TransactionView,
} from "#gateway/rest/dependencies.ts";
import { createStepLinks } from "#platform/step-links.ts";
import { hashOf } from "#gateway/rest/secrets.ts";
import { fakeAdminKeys, NOW } from "./fake-admin-keys.ts";
import { createFakeBooks, type FakeBooks } from "./fake-books.ts";
import { createFakePayments, type FakePayments } from "./fake-payments.ts";
import { fakeSettlements, SETTLEMENT_SIGNER } from "./fake-settlements.ts";
import type { FraudCase } from "#domain/fraud/ports.ts";
import { FRAUD_CASE, fakeFraud } from "./fake-fraud.ts";
import { fakeFlows } from "./fake-flows.ts";
import { createFakeInvoicing } from "./fake-invoices.ts";
import { fakeBreaker } from "./fake-breaker.ts";
import { fakeProviderDoor } from "./fake-provider-door.ts";
import { fakeSchedules } from "./fake-schedules.ts";
import { FAKE_PRICE_RULES, fakeQuoting } from "./fake-prices.ts";
import { fakeWebhookEndpoints } from "./fake-webhook-endpoints.ts";
import { uuidv7 } from "./uuidv7.ts";

export { ADMIN_KEY, NOW, ROLE_KEYS } from "./fake-admin-keys.ts";

/** Of steps in n8n. */
export const STEP_LINKS = createStepLinks("k".repeat(32), "https://api.example.com");

export const ADMIN_TOKEN = "first-owner-token";
export const WALLET_1 = "01936f2e-7c1a-7000-8000-000000000001";
export const WALLET_2 = "01936f2e-7c1a-7000-8000-000000000002";
export const MESSAGE_1 = "01936f2e-7c1a-7000-8000-000000000011";
export const MESSAGE_2 = "01936f2e-7c1a-7000-8000-000000000012";
export const KEY_1 = "01936f2e-7c1a-7000-8000-000000000021";
export const KEY_2 = "01936f2e-7c1a-7000-8000-000000000022";
export const TENANT_KEYS = { "TENANT-001": "cat_live_one", "TENANT-002": "cat_live_two" } as const;

export function tenant(tenantId: string, walletId: string): TenantConfiguration {
  return {
    v: 1,
    tenantId,
    revision: 1,
    name: tenantId,
    email: null,
    status: "active",
    timezone: "UTC",
    country: "US",
    taxRate: "8",
    rateCardId: "RC-TENANT-001",
    wallets: [
      {
        walletId,
        currency: "USD",
        kind: "prepaid",
        creditLimit: "0",
        thresholds: { low: null, critical: null },
      },
    ],
    trustedHints: false,
    webhook: { url: "https://a.example/hook", secret: "whsec_CANARY" },
    firewall: { blockedKeywords: [], perDestinationPerMinute: null },
  };
}

export function message(tenantId: string, messageId: string): MessageView {
  return {
    messageId,
    tenantId,
    channel: "sms",
    direction: "outbound",
    from: "ACME",
    to: "+12025550143",
    text: "hello",
    parts: 1,
    encoding: "gsm7",
    country: "US",
    operator: null,
    reference: null,
    state: "delivered",
    acceptedAt: NOW,
    expiresAt: NOW + 1000,
    finalAt: NOW + 500,
    timeline: [{ state: "accepted", part: 0, at: NOW }],
  };
}

export function transaction(
  tenantId: string,
  walletId: string,
  eventId: string,
  amount: Money,
): TransactionView {
  return {
    transactionId: eventId,
    tenantId,
    walletId,
    sequence: 1n,
    eventId,
    entryType: amount > 0n ? "top_up" : "charge",
    eventType: amount > 0n ? "top_up" : "sms.delivered",
    messageId: null,
    amount,
    charge: null,
    currency: "USD",
    balanceBefore: money(0n),
    balanceAfter: amount,
    trace: {},
    occurredAt: NOW,
    recordedAt: NOW,
  };
}

/** Everything behind the REST door in memory; tests look into it and change it. */
export interface FakePlatform {
  readonly dependencies: GatewayDependencies;
  readonly tenants: Map<string, TenantConfiguration>;
  readonly published: OutgoingRecord[];
  readonly submissions: Submission[];
  readonly onboardings: OnboardingInput[];
  readonly rateCards: StoredRateCard[];
  /** Tenant and bytes of each call that was counted. */
  readonly metered: [string, number][];
  /** What was handed to durable flows. */
  readonly toFlows: unknown[];
  readonly fraudCases: Map<string, FraudCase>;
  readonly ledger: Map<string, TransactionView>;
  readonly books: FakeBooks;
  readonly payments: FakePayments;
  readonly logLines: string[];
  now: number;
  ready: boolean;
  /** Whether published billing events appear in the ledger. */
  ledgerFollows: boolean;
  onboarding: OnboardingOutcome;
  /** What ingress answers; by default everything is accepted. */
  accept: (submission: Submission) => AcceptOutcome;
  /** Thrown by every store when set. */
  fail: Error | null;
  idempotency: Map<string, FakeClaim>;
}

interface FakeClaim {
  readonly requestHash: string;
  readonly resourceIds: readonly string[];
  token: string | null;
  response: StoredResponse | null;
  done: boolean;
}

export function createFakePlatform(): FakePlatform {
  const platform: FakePlatform = {
    dependencies: undefined as unknown as GatewayDependencies,
    tenants: new Map([
      ["TENANT-001", tenant("TENANT-001", WALLET_1)],
      ["TENANT-002", tenant("TENANT-002", WALLET_2)],
    ]),
    published: [],
    submissions: [],
    onboardings: [],
    rateCards: [],
    metered: [],
    toFlows: [],
    fraudCases: new Map([[FRAUD_CASE.caseId, FRAUD_CASE]]),
    ledger: new Map(
      [
        transaction("TENANT-001", WALLET_1, "txn-1", money(1n)),
        transaction("TENANT-002", WALLET_2, "txn-2", money(1n)),
      ].map((entry) => [entry.transactionId, entry]),
    ),
    books: createFakeBooks(),
    payments: createFakePayments(),
    logLines: [],
    now: NOW,
    ready: true,
    ledgerFollows: true,
    onboarding: {
      kind: "completed",
      workflowId: "onboarding-TENANT-003",
      url: "http://ui/onboarding-TENANT-003",
    },
    accept: (submission) =>
      submission.to.startsWith("+")
        ? {
            ok: true,
            messageId: submission.messageId ?? "",
            parts: 1,
            encoding: "gsm7",
            to: submission.to,
            acceptedAt: NOW,
          }
        : refused("invalid_destination", "to is no number: write it with its country code"),
    fail: null,
    idempotency: new Map(),
  };
  return Object.assign(platform, { dependencies: dependenciesOf(platform) });
}

function dependenciesOf(platform: FakePlatform): GatewayDependencies {
  const up = async (): Promise<void> => {
    if (platform.fail !== null) throw platform.fail;
  };
  const acceptAll = (submissions: readonly Submission[]): AcceptOutcome[] => {
    platform.submissions.push(...submissions);
    return submissions.map(platform.accept);
  };
  return {
    clock: { now: () => platform.now },
    randomBytes: (size) => randomBytes(size),
    newId: () => uuidv7(platform.now),
    webhookSecret: (walletId) => `whsec_${walletId}`,
    stepLinks: STEP_LINKS,
    webhookEndpoints: fakeWebhookEndpoints(up),
    endpointSecret: (endpointId) => `whsec_${endpointId}`,
    hashPassword: async (password) => `scrypt$${hashOf(password)}`,
    ingress: { accept: async (submissions) => acceptAll(submissions) },
    acceptQueue: {
      submit: async (submission) => acceptAll([submission])[0] as AcceptOutcome,
      stats: () => ({ queued: 0, inFlightBatches: 0, dropped: 0 }),
      drain: async () => {},
    },
    quote: fakeQuoting(platform, up),
    publisher: {
      publish: async (records) => {
        await up();
        platform.published.push(...records);
        for (const record of records)
          if (platform.ledgerFollows && record.topic === "billing.events") settle(platform, record);
      },
    },
    adminKeys: fakeAdminKeys(up),
    idempotency: fakeIdempotency(platform),
    tenants: fakeTenants(platform, up),
    onboarding: {
      onboard: async (input) => {
        platform.onboardings.push(input);
        if (platform.onboarding.kind === "completed") {
          platform.tenants.set(input.tenantId, tenant(input.tenantId, input.wallet.walletId));
        }
        return platform.onboarding;
      },
    },
    ledger: {
      byId: async (scope, id) => inScope(scope, platform.ledger.get(id) ?? null),
      byEvent: async (eventId) => platform.ledger.get(eventId) ?? null,
      list: async (scope, tenantId) => {
        await up();
        const rows = [...platform.ledger.values()].filter((entry) => entry.tenantId === tenantId);
        return { rows: rows.filter((entry) => inScope(scope, entry) !== null), next: "1:w" };
      },
      balance: async () => ({ balance: parseMoney("99.98461") as Money, sequence: 3n }),
    },
    wallets: {
      balance: async () => ({ balance: money(0n), reserved: parseMoney("0.01539") as Money, sequence: 3n }),
    },
    books: platform.books,
    payments: platform.payments,
    invoicing: createFakeInvoicing(up),
    announcements: { flush: up },
    rateCards: {
      append: async (card) => {
        const known = platform.rateCards.filter(({ rateCardId }) => rateCardId === card.rateCardId);
        const latest = known.at(-1);
        if (latest?.source === card.source) return { card: latest, created: false };
        const stored = { ...card, v: 1 as const, version: known.length + 1, validFrom: card.effectiveFrom };
        platform.rateCards.push(stored);
        return { card: stored, created: true };
      },
      list: async () => ({ rows: platform.rateCards, next: null }),
      versions: async (id) => platform.rateCards.filter(({ rateCardId }) => rateCardId === id).toReversed(),
    },
    priceRules: FAKE_PRICE_RULES,
    rechargeBreaker: fakeBreaker(up),
    flows: fakeFlows(platform.toFlows, up),
    providerDoor: fakeProviderDoor(),
    schedules: fakeSchedules(platform.toFlows, up),
    settlements: fakeSettlements(up),
    settlementKey: SETTLEMENT_SIGNER.publicKey,
    fraud: fakeFraud(platform.fraudCases),
    usage: { count: (tenantId, bytes) => void platform.metered.push([tenantId, bytes]) },
    messages: {
      get: async (scope, id) =>
        inScope(
          scope,
          id === MESSAGE_1 ? message("TENANT-001", id) : id === MESSAGE_2 ? message("TENANT-002", id) : null,
        ),
      list: async (scope, tenantId) => ({
        rows: [message("TENANT-001", MESSAGE_1), message("TENANT-002", MESSAGE_2)].filter(
          (row) => row.tenantId === tenantId && inScope(scope, row) !== null,
        ),
        next: null,
      }),
      countByState: async () => ({}),
    },
    health: {
      tps: () => 0,
      components: async () => ({ kafka: { status: "up" } }),
      ready: () => platform.ready,
    },
    metrics: {
      contentType: "text/plain; version=0.0.4; charset=utf-8",
      metrics: async () => "catalyst_up 1\n",
    },
    logger: pino({ level: "info" }, { write: (line: string) => void platform.logLines.push(line) }),
  };
}

function inScope<Row extends { readonly tenantId: string }>(
  scope: { readonly tenantId: string } | "administration",
  row: Row | null,
): Row | null {
  return row === null || scope === "administration" || scope.tenantId === row.tenantId ? row : null;
}

/** The billing stage, as far as a test needs it. */
function settle(platform: FakePlatform, record: OutgoingRecord): void {
  const event = billingEvent.parse(JSON.parse(String(record.value)));
  const amount =
    event.kind === "entry" ? (parseMoney(event.amount) as Money) : (parseMoney("-0.01539") as Money);
  platform.ledger.set(event.id, transaction(event.tenantId, event.walletId, event.id, amount));
}

function fakeTenants(platform: FakePlatform, up: () => Promise<void>): GatewayDependencies["tenants"] {
  const keys = new Map<string, ApiKeySummary & { tenantId: string; hash: string }>();
  const add = (keyId: string, tenantId: string, hash: string, last4: string) => {
    const key = { keyId, tenantId, hash, last4, createdAt: NOW, createdBy: "owner", revokedAt: null };
    keys.set(keyId, key);
    return key;
  };
  add(KEY_1, "TENANT-001", hashOf(TENANT_KEYS["TENANT-001"]), "_one");
  add(KEY_2, "TENANT-002", hashOf(TENANT_KEYS["TENANT-002"]), "_two");
  const active = (tenantId: string) =>
    [...keys.values()].filter((key) => key.tenantId === tenantId && key.revokedAt === null);
  const unused = async (): Promise<never> => {
    throw new Error("not the REST door's");
  };
  return {
    create: unused,
    undoOnboarding: unused,
    addWallet: async (tenantId, wallet) => {
      const current = platform.tenants.get(tenantId) as TenantConfiguration;
      const configuration = { ...current, wallets: [...current.wallets, wallet] };
      platform.tenants.set(tenantId, configuration);
      return { kind: "added", configuration };
    },
    authenticateSmpp: unused,
    get: async (tenantId, readAs) => {
      await up();
      return readAs === undefined || readAs === tenantId ? (platform.tenants.get(tenantId) ?? null) : null;
    },
    list: async () => ({ tenants: [...platform.tenants.values()], cursor: "TENANT-002" }),
    change: async (tenantId, change, { expectedRevision }) => {
      const current = platform.tenants.get(tenantId);
      if (current === undefined) return { kind: "unknown" };
      if (expectedRevision !== undefined && expectedRevision !== current.revision) {
        return { kind: "stale", configuration: current };
      }
      const { creditLimit: _limit, thresholds: _thresholds, ...direct } = change;
      const configuration: TenantConfiguration = { ...current, ...direct, revision: current.revision + 1 };
      platform.tenants.set(tenantId, configuration);
      return { kind: "changed", configuration };
    },
    authenticateApiKey: async (hash) => {
      await up();
      const key = [...keys.values()].find(
        (candidate) => candidate.hash === hash && candidate.revokedAt === null,
      );
      return key === undefined ? null : { tenantId: key.tenantId, keyId: key.keyId };
    },
    addApiKey: async (tenantId, key) => {
      if (!platform.tenants.has(tenantId)) return "unknown";
      if (active(tenantId).length >= 2) return "limit";
      return add(uuidv7(platform.now), tenantId, key.hash, key.last4);
    },
    revokeApiKey: async (tenantId, keyId) => {
      const key = keys.get(keyId);
      if (key === undefined || key.tenantId !== tenantId || key.revokedAt !== null) return false;
      keys.set(keyId, { ...key, revokedAt: NOW });
      return true;
    },
    listApiKeys: async (tenantId) => [...keys.values()].filter((key) => key.tenantId === tenantId),
  };
}

function fakeIdempotency(platform: FakePlatform): IdempotencyStore {
  return {
    claim: async ({ scope, key, requestHash, resourceIds }) => {
      const name = `${scope}/${key}`;
      const known = platform.idempotency.get(name);
      if (known === undefined) {
        platform.idempotency.set(name, { requestHash, resourceIds, token: "t", response: null, done: false });
        return { kind: "claimed", token: "t", resourceIds };
      }
      if (known.requestHash !== requestHash) return { kind: "mismatch" };
      if (known.done) return { kind: "done", response: known.response, resourceIds: known.resourceIds };
      if (known.token !== null) return { kind: "busy" };
      known.token = "t";
      return { kind: "claimed", token: "t", resourceIds: known.resourceIds };
    },
    complete: async ({ scope, key }, _token, response) => {
      const known = platform.idempotency.get(`${scope}/${key}`);
      if (known !== undefined) Object.assign(known, { response, done: true, token: null });
    },
    release: async ({ scope, key }) => {
      const known = platform.idempotency.get(`${scope}/${key}`);
      if (known !== undefined) known.token = null;
    },
  };
}
