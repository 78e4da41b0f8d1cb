import { beforeEach, describe, expect, test } from "@jest/globals";
import { Unavailable } from "#domain/errors.ts";
import type { FraudCase } from "#domain/fraud/ports.ts";
import type { Payment, PaymentState } from "#domain/payments/payment.ts";
import { eventBody, type WebhookEvent } from "#domain/webhooks/events.ts";
import { createAnnouncements } from "./announcements.ts";

const NOW = 1_795_000_000_000;
const WALLET = "01936f2e-7c1a-7000-8000-000000000001";

let announced: WebhookEvent[];
let away: boolean;
const on = createAnnouncements({
  events: {
    announce: async (events) => {
      if (away) throw new Unavailable("postgres");
      announced.push(...events);
    },
  },
  linkOf: (workflowId) => `http://ui.test/${workflowId}`,
  clock: { now: () => NOW },
});
beforeEach(() => {
  [announced, away] = [[], false];
});

const last = (): WebhookEvent => announced.at(-1)!;

test("a low balance and its recovery", async () => {
  const mailed: string[] = [];
  const { mailBalance } = on.balances({
    mailBalance: async ({ kind }) => {
      mailed.push(kind);
      return { kind: "none" };
    },
  });
  const step = {
    tenantId: "T-1",
    walletId: WALLET,
    currency: "USD",
    balance: "0.5",
    triggerId: "wallet:1:low:7",
  };
  expect(await mailBalance({ ...step, kind: "critical" })).toEqual({ kind: "none" });
  expect(JSON.parse(eventBody(last()))).toEqual({
    type: "balance.low",
    timestamp: "2026-11-18T11:06:40.000Z",
    data: {
      tenant_id: "T-1",
      wallet_id: WALLET,
      balance: "0.5",
      currency: "USD",
      threshold: "critical",
      workflow_id: `low-balance-${WALLET}`,
      link: `http://ui.test/low-balance-${WALLET}`,
    },
  });
  await mailBalance({ ...step, kind: "recovered" });
  expect([last().type, last().data["threshold"]]).toEqual(["balance.recovered", null]);
  await mailBalance({ ...step, kind: "recovered" });
  expect(announced[1]!.id).toBe(announced[2]!.id);
  away = true;
  await expect(mailBalance({ ...step, kind: "low" })).rejects.toThrow(Unavailable);
  expect(mailed).toEqual(["critical", "recovered", "recovered"]);
});

test("an invoice that has a number, when it has it", async () => {
  const invoice = {
    invoiceId: "i-1",
    walletId: WALLET,
    kind: "invoice" as const,
    currency: "EUR",
    openMinor: "1999",
    mailed: false,
  };
  const { closePeriod, issueInvoice } = on.invoices(
    {
      closePeriod: async () => ({
        invoices: [
          { ...invoice, number: "INV-1" },
          { ...invoice, invoiceId: "draft", number: null },
        ],
        empty: [],
        unaddressed: false,
      }),
      issueInvoice: async ({ invoiceId }) => ({ ...invoice, invoiceId, number: "INV-2" }),
    },
    async () => "T-2",
  );
  await closePeriod({ tenantId: "T-1", walletId: null, through: null, actor: "x", dueAt: 0 });
  expect(announced.map(({ id, tenantId }) => [id, tenantId])).toEqual([["invoice:i-1:issued", "T-1"]]);
  await issueInvoice({ invoiceId: "draft", fiscal: null });
  expect(last()).toMatchObject({ id: "invoice:draft:issued", tenantId: "T-2", data: { number: "INV-2" } });
});

describe("a payment", () => {
  const states: PaymentState[] = [];
  const { setPaymentState } = on.payments(
    { setPaymentState: async ({ state }) => void states.push(state) },
    {
      get: async (paymentId) =>
        ({
          paymentId,
          tenantId: "T-1",
          walletId: WALLET,
          purpose: "top_up",
          invoiceId: null,
          currency: "USD",
          amountMinor: 1999n,
          attempts: [{}, {}],
          because: "canary",
        }) as unknown as Payment,
    },
  );
  const set = (state: PaymentState) =>
    setPaymentState({ paymentId: "p-1", state, because: "canary", actionUrl: null });

  test("that was paid, and each attempt that was not", async () => {
    await set("collecting");
    expect(announced).toEqual([]);
    await set("retrying");
    expect(last()).toMatchObject({
      id: "payment:p-1:retrying:2",
      type: "payment.failed",
      data: { payment_id: "p-1", amount_minor: "1999", is_final: false, workflow_id: "payment-p-1" },
    });
    await set("paid");
    expect(last()).toMatchObject({ id: "payment:p-1:paid", type: "payment.succeeded" });
    expect(announced.map(eventBody).join()).not.toContain("canary");
    expect(states).toEqual(["collecting", "retrying", "paid"]);
  });
});

test("service off and on again, not the letters between", async () => {
  const { mailSuspension } = on.suspensions({ mailSuspension: async () => ({ kind: "accepted" }) });
  const step = { tenantId: "T-1", number: 1, flowId: "run-1", reason: "canary", dueAt: null };
  for (const kind of ["notice", "suspended", "reminder", "reinstated"] as const)
    await mailSuspension({ ...step, kind });
  expect(announced.map(({ id, type }) => [id, type])).toEqual([
    ["suspension:run-1:suspended", "tenant.suspended"],
    ["suspension:run-1:reinstated", "tenant.reinstated"],
  ]);
  expect(last().data).toEqual({ workflow_id: "suspension-T-1", link: "http://ui.test/suspension-T-1" });
  expect(announced.map(eventBody).join()).not.toContain("canary");
});

test("a fraud case, opened and decided, and none where there was nothing to open", async () => {
  let kind: "open" | "known" = "open";
  let decision: FraudCase["decision"] = null;
  const { openCase, recordDecision } = on.fraudCases(
    {
      openCase: async () => ({ kind, caseId: "FC-2026-000001", slaMinutes: {} }) as never,
      recordDecision: async () => {},
    },
    {
      find: async (caseId) =>
        ({
          caseId,
          tenantId: "T-1",
          pattern: "traffic_pumping",
          severity: "high",
          workflowId: "fraud-T-1",
          decision,
        }) as FraudCase,
    },
  );
  await openCase({} as never);
  expect(last()).toMatchObject({
    id: "fraud:FC-2026-000001:opened",
    type: "fraud_case.opened",
    tenantId: "T-1",
    data: { case_id: "FC-2026-000001", pattern: "traffic_pumping", severity: "high", decision: null },
  });
  decision = { decision: "block", actor: "support: Kim" } as FraudCase["decision"];
  await recordDecision({ caseId: "FC-2026-000001" } as never);
  expect(last()).toMatchObject({ type: "fraud_case.decided", data: { decision: "block" } });
  kind = "known";
  await openCase({} as never);
  expect(announced).toHaveLength(2);
});
