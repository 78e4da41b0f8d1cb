import { describe, expect, test } from "@jest/globals";
import { assert, asyncProperty, constantFrom, oneof, record, string } from "fast-check";
import { Poison, Unavailable } from "#domain/errors.ts";
import { type MessageSubmitted, messageSubmitted } from "#domain/events/message-submitted.ts";
import type { Submission } from "#domain/messages/submission.ts";
import { formatMoney } from "#domain/money/money.ts";
import { compileRateCard } from "#domain/rating/compiled-rate-card.ts";
import { parseRateCard } from "#domain/rating/rate-card.ts";
import type { TenantConfiguration, WalletConfiguration } from "#domain/tenants/tenant.ts";
import type { ReservationOutcome } from "#domain/wallet/ports.ts";
import { createIngress } from "./accept.ts";

const NOW = 1_735_149_600_000;
const ID = "0193ffb2-5e00-7000-8000-000000000001";
const ID_TIME = 0x0193ffb25e00;

const CARD = card("USD");

function card(currency: string): ReturnType<typeof compileRateCard> {
  const rates = {
    sms: { base_rate: 0.01, operator_rates: { MTN: 0.02 }, events: { "sms.submit": 0.001 } },
    firewall: { base_rate: 0.0001 },
  };
  const text = { rate_card_id: "RC", name: "Test", currency, effective_date: "2024-01-01", rates };
  const parsed = parseRateCard(JSON.stringify(text));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return compileRateCard(parsed.card, { version: 1, validFrom: 0 });
}

const WALLET: WalletConfiguration = {
  walletId: "W1",
  currency: "USD",
  kind: "prepaid",
  creditLimit: "0",
  thresholds: { low: null, critical: null },
};

const TENANT: TenantConfiguration = {
  v: 1,
  tenantId: "TENANT-001",
  revision: 1,
  name: "Acme",
  email: null,
  status: "active",
  timezone: "UTC",
  country: "US",
  taxRate: "10",
  rateCardId: "RC",
  wallets: [WALLET],
  trustedHints: false,
  webhook: null,
  firewall: { blockedKeywords: [], perDestinationPerMinute: null },
};

/** The tenant with one destination closed to it. */
function frozen(destination: { country: string | null; prefix: string | null }): TenantConfiguration {
  const one = { ...destination, caseId: "FC-2026-000001", since: 1, permanent: false };
  return { ...TENANT, frozenDestinations: [one] };
}

const submission = (changes: Partial<Submission> = {}): Submission => ({
  tenantId: TENANT.tenantId,
  channel: "sms",
  from: "ACME",
  to: "+12125551234",
  text: "Hello",
  door: "rest",
  receipt: false,
  ...changes,
});

interface Setup {
  readonly tenants?: readonly TenantConfiguration[];
  readonly cardCurrency?: string;
  readonly reserve?: (walletId: string, ids: readonly string[]) => Promise<readonly ReservationOutcome[]>;
  readonly publish?: () => Promise<void>;
  readonly confirm?: () => Promise<void>;
}

const NOTHING = (): Promise<void> => Promise.resolve();

/** An ingress over stores in memory that tell what was asked of them, in order. */
function setUp({
  tenants = [TENANT],
  cardCurrency,
  reserve,
  publish = NOTHING,
  confirm = NOTHING,
}: Setup = {}) {
  const asked: string[] = [];
  const published: { topic: string; key: string; event: MessageSubmitted }[] = [];
  const rateCard = cardCurrency === undefined ? CARD : card(cardCurrency);
  const ingress = createIngress({
    control: {
      confirm,
      tenant: (tenantId) => tenants.find((tenant) => tenant.tenantId === tenantId),
      rateCard: (rateCardId) => (rateCardId === "RC" ? rateCard : undefined),
      fx: () => undefined,
      supplier: () => undefined,
      load: () => null,
    },
    wallets: {
      async reserve(walletId, creditLimit, requests) {
        const amounts = requests.map(({ amount }) => formatMoney(amount)).join(" ");
        asked.push(`reserve ${walletId} limit ${formatMoney(creditLimit)}: ${amounts}`);
        const ids = requests.map(({ messageId }) => messageId);
        return reserve === undefined ? ids.map((): ReservationOutcome => "reserved") : reserve(walletId, ids);
      },
      release(walletId, messageIds) {
        asked.push(`release ${walletId}: ${messageIds.length}`);
        return Promise.resolve();
      },
    },
    publisher: {
      async publish(records) {
        asked.push(`publish ${records.length}`);
        await publish();
        for (const { topic, key, value } of records) {
          published.push({
            topic,
            key,
            event: messageSubmitted.parse(JSON.parse(String(value))),
          });
        }
      },
    },
    ranges: { operator: (number) => (number.startsWith("+23324") ? "MTN" : null) },
    pseudonyms: { conversation: (...parts) => parts.join("|"), of: () => "unused" },
    channels: new Set(["sms", "ussd"]),
    clock: { now: () => NOW },
  });
  return { ingress, asked, published };
}

const away = (): Promise<never> => Promise.reject(new Unavailable("Kafka"));

describe("accept", () => {
  test("reads, resolves, prices, reserves, then publishes", async () => {
    const { ingress, asked, published } = setUp();
    const long = "x".repeat(161);
    const [outcome] = await ingress.accept([
      submission({
        messageId: ID,
        to: "+233 241 234 567",
        text: long,
        systemId: "acme",
        reference: "7",
        validityMs: 5_000,
      }),
    ]);
    expect(outcome).toEqual({
      ok: true,
      messageId: ID,
      parts: 2,
      encoding: "gsm7",
      to: "+233241234567",
      acceptedAt: ID_TIME,
    });
    expect(asked).toEqual(["reserve W1 limit 0: 0.04521", "publish 1"]);
    expect(published).toEqual([
      {
        topic: "messaging.sms.submitted",
        key: "TENANT-001|ACME|+233241234567",
        event: {
          v: 1,
          type: "message.submitted",
          messageId: ID,
          tenantId: "TENANT-001",
          walletId: "W1",
          channel: "sms",
          direction: "outbound",
          conversation: "TENANT-001|ACME|+233241234567",
          from: "ACME",
          to: "+233241234567",
          text: long,
          encoding: "gsm7",
          parts: 2,
          country: "GH",
          operator: "MTN",
          acceptedAt: ID_TIME,
          expiresAt: ID_TIME + 5_000,
          origin: { door: "rest", systemId: "acme", receipt: false },
          holds: { scan: "0.00011", submit: "0.0011", part: "0.022" },
          reference: "7",
        },
      },
    ]);
  });

  test("messages of one request say how many may go: what is refused earns no bulk discount", async () => {
    const { ingress, published } = setUp();
    const batch = [
      submission(),
      submission({ to: "12" }),
      submission(),
      submission({ text: "" }),
      submission(),
    ];
    await ingress.accept(batch, { oneRequest: true });
    expect(published.map(({ event }) => event.origin.requestSize)).toEqual([3, 3, 3]);
    published.length = 0;
    await ingress.accept([submission(), submission({ to: "12" })], { oneRequest: true });
    await ingress.accept([submission(), submission()]);
    const id = submission({ messageId: ID });
    await ingress.accept([id, id], { oneRequest: true });
    expect(published.map(({ event }) => event.origin.requestSize)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("the valid ones of a batch proceed, each outcome in its place, one reservation per wallet", async () => {
    const other = {
      ...TENANT,
      tenantId: "TENANT-002",
      wallets: [{ ...WALLET, walletId: "W2", creditLimit: "5" }],
    };
    const { ingress, asked, published } = setUp({ tenants: [TENANT, other] });
    const outcomes = await ingress.accept([
      submission(),
      submission({ to: "12" }),
      submission({ tenantId: "TENANT-002" }),
      submission({ text: "" }),
      submission(),
    ]);
    expect(outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.code))).toEqual([
      "ok",
      "invalid_destination",
      "ok",
      "empty_text",
      "ok",
    ]);
    expect(asked).toEqual([
      "reserve W1 limit 0: 0.01221 0.01221",
      "reserve W2 limit 5: 0.01221",
      "publish 3",
    ]);
    expect(new Set(published.map(({ event }) => event.messageId)).size).toBe(3);
    expect(published.every(({ event }) => event.acceptedAt === NOW)).toBe(true);
  });

  test.each<[string, Partial<Submission>, Setup]>([
    ["unknown_tenant", { tenantId: "NOBODY" }, {}],
    ["tenant_suspended", {}, { tenants: [{ ...TENANT, status: "suspended" }] }],
    ["tenant_not_active", {}, { tenants: [{ ...TENANT, status: "onboarding" }] }],
    ["tenant_not_active", {}, { tenants: [{ ...TENANT, status: "closed" }] }],
    ["no_wallet", {}, { tenants: [{ ...TENANT, wallets: [] }] }],
    ["no_wallet", {}, { reserve: () => Promise.reject(new Poison("no such wallet")) }],
    ["no_rate_card", {}, { tenants: [{ ...TENANT, rateCardId: null }] }],
    ["no_rate_card", {}, { tenants: [{ ...TENANT, rateCardId: "OTHER" }] }],
    ["no_rate_card", {}, { cardCurrency: "EUR" }],
    ["channel_not_available", { channel: "viber" }, {}],
    ["invalid_destination", { to: "ACME" }, {}],
    ["destination_frozen", {}, { tenants: [frozen({ country: null, prefix: "1212" })] }],
    ["destination_frozen", {}, { tenants: [frozen({ country: "US", prefix: null })] }],
    // A trusted tenant's hint prices the message; it opens nothing that is closed.
    [
      "destination_frozen",
      { countryHint: "GB" },
      { tenants: [{ ...frozen({ country: "US", prefix: null }), trustedHints: true }] },
    ],
    ["invalid_sender", { from: "far too long a name" }, {}],
    ["empty_text", { text: "" }, {}],
    ["text_too_long", { text: "x".repeat(1531) }, {}],
    ["text_too_long", { text: "x".repeat(10_001), channel: "ussd" }, {}],
    ["invalid_validity", { validityMs: 0 }, {}],
    ["invalid_validity", { validityMs: Number.NaN }, {}],
    ["invalid_reference", { reference: "x".repeat(129) }, {}],
    ["insufficient_funds", {}, { reserve: () => Promise.resolve(["insufficient"]) }],
    ["unavailable", {}, { reserve: away }],
    ["unavailable", {}, { publish: away }],
    ["unavailable", {}, { confirm: away }],
  ])("refuses with %s", async (code, changes, setup) => {
    const { ingress, published } = setUp(setup);
    expect(await ingress.accept([submission(changes)])).toMatchObject([{ ok: false, code }]);
    expect(published).toEqual([]);
  });

  test("gives back what it reserved when Kafka is away, but not for an id that an earlier attempt may have published", async () => {
    const { ingress, asked } = setUp({ publish: away });
    await ingress.accept([submission(), submission({ messageId: ID })]);
    expect(asked.slice(1)).toEqual(["publish 2", "release W1: 1"]);
  });

  test("one wallet's failure leaves the others alone", async () => {
    const other = { ...TENANT, tenantId: "TENANT-002", wallets: [{ ...WALLET, walletId: "W2" }] };
    const { ingress } = setUp({
      tenants: [TENANT, other],
      reserve: (walletId, ids) => (walletId === "W1" ? away() : Promise.resolve(ids.map(() => "reserved"))),
    });
    const outcomes = await ingress.accept([submission(), submission({ tenantId: "TENANT-002" })]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, true]);
  });

  test("the same id again is the same event; twice in a batch it is one; already settled it is accepted and not sent again", async () => {
    const { ingress, published } = setUp();
    const again = submission({ messageId: ID });
    const outcomes = [...(await ingress.accept([again, again])), ...(await ingress.accept([again]))];
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(published).toHaveLength(2);
    expect(published[1]).toEqual(published[0]);
    const settled = setUp({ reserve: () => Promise.resolve(["closed"]) });
    expect(await settled.ingress.accept([again])).toMatchObject([{ ok: true, messageId: ID }]);
    expect(settled.published).toEqual([]);
  });

  test("sends on what lies beside a frozen destination", async () => {
    const { ingress } = setUp({ tenants: [frozen({ country: "GB", prefix: "447700900" })] });
    const outcomes = await ingress.accept([submission(), submission({ to: "+447700900123" })]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false]);
    expect(JSON.stringify(outcomes[1])).not.toContain("900123");
  });

  test("believes hints of a trusted tenant alone", async () => {
    const hints = { countryHint: "GB", operatorHint: "Vodafone" };
    const untrusted = setUp();
    await untrusted.ingress.accept([submission(hints)]);
    expect(untrusted.published[0]?.event).toMatchObject({ country: "US", operator: null });
    const trusted = setUp({ tenants: [{ ...TENANT, trustedHints: true }] });
    await trusted.ingress.accept([
      submission(hints),
      submission({ countryHint: "Britain", operatorHint: "" }),
    ]);
    expect(trusted.published[0]?.event).toMatchObject({ country: "GB", operator: "Vodafone" });
    expect(trusted.published[1]?.event).toMatchObject({ country: "US", operator: null });
  });

  test("never publishes what cannot be routed, and a refusal never repeats the number or the text", async () => {
    const numbers = constantFrom("+12125551234", "2125551234", "0241234567", "+999", "ACME", "12345");
    const anySubmission = record({
      to: oneof(numbers, string({ maxLength: 20 })),
      from: oneof(numbers, string({ maxLength: 20 })),
      text: oneof(constantFrom("", "canary".repeat(400)), string({ unit: "grapheme", maxLength: 300 })),
    });
    const property = asyncProperty(anySubmission, async (changes) => {
      const { ingress, published } = setUp();
      const [outcome] = await ingress.accept([submission(changes)]);
      expect(published).toHaveLength(outcome?.ok === true ? 1 : 0);
      for (const { event } of published) {
        expect(event.to).toMatch(/^\+[1-9]\d{3,14}$/);
        expect(event.from).not.toBe("");
        expect(event.text).toBe(changes.text);
      }
      if (outcome?.ok === false) {
        expect(outcome.field).not.toBeNull();
        expect(outcome.message).not.toContain("canary");
        expect(outcome.message).not.toContain("2125551234");
      }
    });
    await assert(property, { numRuns: 500 });
  });

  describe("while the wallet's store is away", () => {
    const withPolicy = (whenWalletAway: TenantConfiguration["whenWalletAway"]) => {
      let isAway = true;
      const setup = setUp({
        tenants: [{ ...TENANT, ...(whenWalletAway === undefined ? {} : { whenWalletAway }) }],
        reserve: (_, ids) => (isAway ? away() : Promise.resolve(ids.map(() => "reserved" as const))),
      });
      const codes = async () => {
        const outcomes = await setup.ingress.accept([submission(), submission(), submission()]);
        return outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.code));
      };
      return { ...setup, codes, comesBack: () => (isAway = false), leaves: () => (isAway = true) };
    };

    test("hold, the default: try again", async () => {
      expect(await withPolicy(undefined).codes()).toEqual(Array(3).fill("unavailable"));
      expect(await withPolicy({ policy: "hold" }).codes()).toEqual(Array(3).fill("unavailable"));
    });

    test("reject: refused for good", async () => {
      expect(await withPolicy({ policy: "reject" }).codes()).toEqual(Array(3).fill("insufficient_funds"));
    });

    test("capped: so much goes through, then no more until the store has answered", async () => {
      // Each message costs 0.01221.
      const door = withPolicy({ policy: "capped", cap: "0.05" });
      expect(await door.codes()).toEqual(["ok", "ok", "ok"]);
      expect(await door.codes()).toEqual(["ok", "insufficient_funds", "insufficient_funds"]);
      door.comesBack();
      expect(await door.codes()).toEqual(["ok", "ok", "ok"]);
      door.leaves();
      expect(await door.codes()).toEqual(["ok", "ok", "ok"]);
      expect(door.published).toHaveLength(10);
    });
  });
});
