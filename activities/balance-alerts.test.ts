import { describe, expect, test } from "@jest/globals";
import { Unavailable } from "#domain/errors.ts";
import type { WebhookDelivery } from "#domain/messages/ports.ts";
import { type AcceptOutcome, refused, type Submission } from "#domain/messages/submission.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import type { BalanceNews } from "#workflows/low-balance/api.ts";
import { type AlertSender, alertMessageId, createBalanceAlerts } from "./balance-alerts.ts";

const AT = Date.UTC(2026, 10, 28, 3);
const news: BalanceNews = {
  tenantId: "TENANT-001",
  walletId: "w",
  currency: "USD",
  kind: "critical",
  balance: "0.987654",
  triggerId: "wallet:w:critical:42",
  at: AT,
};
const webhook = { url: "https://acme.test/hook", secret: "whsec_x" };
const numbers = ["+12025550143", "+447700900123"];

function world(
  given: Partial<TenantConfiguration>,
  answer: (submission: Submission) => AcceptOutcome = () => ({ ok: true }) as AcceptOutcome,
) {
  const submissions: Submission[] = [];
  const stored: WebhookDelivery[] = [];
  const sender: AlertSender = {
    tenantId: "PLATFORM",
    from: "Catalyst",
    async submit(submission) {
      submissions.push(submission);
      return answer(submission);
    },
  };
  const dependencies = {
    tenants: { get: async () => ({ webhook: null, ...given }) as TenantConfiguration },
    deliveries: {
      defer: async (all: readonly { delivery: WebhookDelivery }[]) => void stored.push(all[0]!.delivery),
    },
    clock: { now: () => AT + 5_000 },
  };
  return { submissions, stored, dependencies, alerts: createBalanceAlerts({ ...dependencies, sender }) };
}

describe("by SMS", () => {
  test("the platform's own tenant tells each number once, however often it is asked to", async () => {
    const { alerts, submissions } = world({ alerts: { sms: numbers, webhook: false } });
    await expect(alerts.textBalance(news)).resolves.toEqual({ sent: 2, refused: [] });
    await alerts.textBalance(news);
    expect(new Set(submissions.map(({ tenantId }) => tenantId))).toEqual(new Set(["PLATFORM"]));
    expect(new Set(submissions.map(({ messageId }) => messageId)).size).toBe(2);
    expect(submissions[0]).toMatchObject({
      from: "Catalyst",
      to: numbers[0],
      text: "TENANT-001: the balance is critical: service may be suspended (0.98 USD).",
    });
  });

  test("another crossing and another number are other messages; the id is a UUIDv7 of the crossing's time", () => {
    const ids = [
      alertMessageId(news, numbers[0]!),
      alertMessageId(news, numbers[1]!),
      alertMessageId({ ...news, triggerId: "wallet:w:critical:43" }, numbers[0]!),
    ];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(AT);
    }
  });

  test("a number that is refused is told of without itself, an ingress that is away is asked again", async () => {
    const alerted = { alerts: { sms: numbers, webhook: false } };
    const one = world(alerted, ({ to }) =>
      to === numbers[0] ? refused("invalid_destination", "no") : ({ ok: true } as AcceptOutcome),
    );
    await expect(one.alerts.textBalance(news)).resolves.toEqual({
      sent: 1,
      refused: ["invalid_destination"],
    });
    const away = world(alerted, () => refused("unavailable", "later"));
    await expect(away.alerts.textBalance(news)).rejects.toBeInstanceOf(Unavailable);
  });

  test("nobody is told where nobody asked for it, or the platform has no tenant of its own", async () => {
    await expect(world({}).alerts.textBalance(news)).resolves.toEqual({ sent: 0, refused: [] });
    const { dependencies } = world({ alerts: { sms: numbers, webhook: false } });
    const silent = createBalanceAlerts({ ...dependencies, sender: null });
    await expect(silent.textBalance(news)).resolves.toMatchObject({ sent: 0, refused: [expect.any(String)] });
  });
});

describe("by webhook", () => {
  test("the event waits for its delivery under an id of the crossing", async () => {
    const { alerts, stored } = world({ webhook, alerts: { sms: [], webhook: true } });
    await expect(alerts.postBalance(news)).resolves.toEqual({ kind: "stored" });
    await alerts.postBalance(news);
    expect(new Set(stored.map(({ webhookId }) => webhookId))).toEqual(
      new Set(["balance:wallet:w:critical:42"]),
    );
    expect(JSON.parse(stored[0]!.body)).toEqual({
      type: "balance.critical",
      timestamp: "2026-11-28T03:00:00.000Z",
      data: { wallet_id: "w", balance: "0.987654", currency: "USD" },
    });
  });

  test.each([
    { webhook, alerts: { sms: [], webhook: false } },
    { webhook, alerts: undefined },
    { webhook: null, alerts: { sms: [], webhook: true } },
  ])("nothing is stored for %j", async (given) => {
    const { alerts, stored } = world(given);
    await expect(alerts.postBalance(news)).resolves.toEqual({ kind: "none" });
    expect(stored).toEqual([]);
  });
});
