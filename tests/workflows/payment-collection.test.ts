import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Unavailable } from "#domain/errors.ts";
import {
  CANCEL_PAYMENT,
  CHANGE_METHOD,
  PAY_NOW,
  PROVIDER_CHANGED,
  RECORD_TRANSFER,
  RETRY_PAYMENT,
} from "#workflows/payment-collection/api.ts";
import { startPaymentWorld, untilStatus as until, type PaymentWorld } from "./payment-world.ts";
import { ScriptedPayments, topUpOf } from "./scripted-payments.ts";

let world: PaymentWorld;
let run: PaymentWorld["run"];
beforeAll(async () => {
  world = await startPaymentWorld();
  run = world.run;
}, 180_000);
afterAll(() => world.close(), 60_000);

const DAY = 86_400_000;
const BY = { actor: "finance: Kim", reason: "asked by phone" };
const ACTION = { kind: "requires_action", actionUrl: "https://pay.test/1" } as const;
const DECLINED = { kind: "declined", code: "insufficient_funds" } as const;

describe("a payment by a stored method", () => {
  test("is collected, credited, receipted and over", async () => {
    const payments = new ScriptedPayments();
    const { output } = await run(payments);
    expect(output).toEqual({ result: "paid", receivedMinor: "1999", attempts: 1, because: null });
    expect(payments.calls).toEqual([
      "open",
      "book",
      "due",
      "due",
      "collect 1 stored",
      "book",
      "due",
      "mail receipt",
      "book",
      "due",
      "state paid",
    ]);
  });

  test("is tried by the calendar while it is declined, then the tenant is suspended, and it is paid all the same", async () => {
    const payments = new ScriptedPayments([DECLINED]);
    const { output, wasSuspended } = await run(payments, undefined, async (flow) => {
      await world.time.skipping(() => until(flow, "overdue"));
      await flow.executeUpdate(RECORD_TRANSFER, { args: [{ ...BY, reference: "B1", amountMinor: "1999" }] });
    });
    expect(output).toMatchObject({ result: "paid", receivedMinor: "1999", attempts: 4 });
    expect(payments.counted("collect")).toBe(4);
    expect(payments.counted("cancel")).toBe(4);
    expect(payments.counted("mail declined")).toBe(3);
    expect(payments.counted("mail overdue")).toBe(1);
    expect(wasSuspended).toBe(true);
  }, 60_000);

  test("declined on the first days and taken on the seventh is paid, and nobody is suspended", async () => {
    const payments = new ScriptedPayments([DECLINED, DECLINED, { kind: "succeeded" }]);
    const { output, wasSuspended, days } = await run(payments);
    expect(output).toMatchObject({ result: "paid", attempts: 3 });
    expect(days).toBe(7);
    expect(wasSuspended).toBe(false);
  }, 60_000);

  test("that may never work again waits for the payer from then on", async () => {
    const payments = new ScriptedPayments([
      { kind: "declined", code: "stolen_card", retryable: false },
      ACTION,
      { kind: "succeeded" },
    ]);
    await run(payments);
    expect(payments.calls.filter((call) => call.startsWith("collect"))).toEqual([
      "collect 1 stored",
      "collect 2 payer",
      "collect 3 payer",
    ]);
  }, 60_000);

  test("is asked for again by a person, with another method, without waiting for the calendar", async () => {
    const payments = new ScriptedPayments([DECLINED, DECLINED, { kind: "succeeded" }]);
    const { output } = await run(payments, undefined, async (flow) => {
      await until(flow, "retrying");
      await flow.executeUpdate(RETRY_PAYMENT, { args: [BY] });
      const method = { ...BY, provider: "stripe", customerId: "cus_1", paymentMethodId: "pm_2" };
      await expect(flow.executeUpdate(CHANGE_METHOD, { args: [method] })).resolves.toMatchObject({
        status: "paid",
      });
    });
    expect(output.attempts).toBe(3);
    expect(payments.calls).toContain("collect 3 own");
  });

  test("goes on while the provider, the ledger and the mail server fail", async () => {
    let failures = 6;
    const flaky = async (): Promise<never> => {
      throw new Unavailable("stripe");
    };
    const payments = new ScriptedPayments();
    const steps = payments.activities();
    const sometimes =
      <Step, Answer>(work: (step: Step) => Promise<Answer>) =>
      (step: Step): Promise<Answer> => {
        failures -= 1;
        return failures % 2 === 1 ? flaky() : work(step);
      };
    const shaky = new ScriptedPayments([], {
      ...steps,
      collectPayment: sometimes(steps.collectPayment),
      bookPayment: sometimes(steps.bookPayment),
      mailPayment: async () => ({ kind: "refused", reason: "no such mailbox" }),
    });
    const { output } = await run(shaky);
    expect(output.result).toBe("paid");
    expect(payments.charged).toBe(1999n);
    expect(payments.received).toBe(1999n);
  }, 60_000);
});

describe("a payment that its payer must confirm", () => {
  test("mails the link, and ends by the webhook", async () => {
    const payments = new ScriptedPayments([ACTION]);
    const { output } = await run(payments, undefined, async (flow) => {
      await until(flow, "requires_action");
      payments.pay(1);
      await flow.signal(PROVIDER_CHANGED);
    });
    expect(output.result).toBe("paid");
    expect(payments.counted("mail action")).toBe(1);
  });

  test("ends without any webhook: the provider is asked by itself, within seconds at first", async () => {
    const payments = new ScriptedPayments([ACTION]);
    const { output, days } = await run(payments, undefined, async (flow) => {
      await until(flow, "requires_action");
      payments.pay(1);
    });
    expect(output.result).toBe("paid");
    expect(payments.counted("ask 1")).toBe(1);
    expect(days).toBe(0);
  });

  test("hears of it twice, late and out of order, and is credited once", async () => {
    const payments = new ScriptedPayments([ACTION]);
    const { output } = await run(payments, undefined, async (flow) => {
      await flow.signal(PROVIDER_CHANGED);
      await until(flow, "requires_action");
      for (let repeat = 0; repeat < 3; repeat += 1) await flow.signal(PROVIDER_CHANGED);
      payments.pay(1);
      for (let repeat = 0; repeat < 3; repeat += 1) await flow.signal(PROVIDER_CHANGED);
    });
    expect(output).toMatchObject({ result: "paid", receivedMinor: "1999", attempts: 1 });
    expect(payments.received).toBe(1999n);
    expect(payments.counted("mail receipt")).toBe(1);
  });

  test("declined by the payer's bank, it is tried on the calendar's next day", async () => {
    const payments = new ScriptedPayments([ACTION, { kind: "succeeded" }]);
    const { output } = await run(payments, undefined, async (flow) => {
      await until(flow, "requires_action");
      payments.decline(1, "authentication_failed");
      await flow.signal(PROVIDER_CHANGED);
    });
    expect(output).toMatchObject({ result: "paid", attempts: 2 });
    expect(payments.calls).toContain("cancel 1");
  });

  test("a top-up that nobody confirms is reminded of, given up at the provider, and over", async () => {
    const payments = new ScriptedPayments([ACTION]);
    const { output } = await run(payments, topUpOf());
    expect(output).toMatchObject({
      result: "abandoned",
      receivedMinor: "0",
      because: "nobody acted in time",
    });
    expect(payments.counted("mail reminder")).toBe(1);
    expect(payments.calls.at(-2)).toBe("state abandoned");
    expect(payments.attempts.get(1)?.kind).toBe("cancelled");
  }, 60_000);

  test("paid in the moment in which it is given up, it is credited", async () => {
    const payments = new ScriptedPayments([ACTION]);
    const { output } = await run(payments, topUpOf(), async (flow) => {
      await until(flow, "requires_action");
      payments.pay(1);
      await flow.executeUpdate(CANCEL_PAYMENT, { args: [BY] });
    });
    expect(output).toMatchObject({ result: "paid", receivedMinor: "1999" });
  });

  test("the payer's page gets the link that is open, and a new one where none is", async () => {
    const payments = new ScriptedPayments([DECLINED, ACTION]);
    await run(payments, undefined, async (flow) => {
      await until(flow, "retrying");
      for (let click = 0; click < 3; click += 1) {
        const state = await flow.executeUpdate(PAY_NOW);
        expect(state).toMatchObject({ status: "requires_action", actionUrl: ACTION.actionUrl });
      }
      payments.pay(2);
    });
    expect(payments.counted("collect")).toBe(2);
    expect(payments.counted("mail action")).toBe(0);
  });
});

describe("money that takes its time", () => {
  test("nothing is asked anew while a bank debit is on its way, whatever the calendar says", async () => {
    const payments = new ScriptedPayments([{ kind: "processing" }]);
    const { output } = await run(payments, undefined, async (flow) => {
      await world.time.pass(20 * DAY);
      await until(flow, "collecting");
      payments.pay(1);
    });
    expect(output).toMatchObject({ result: "paid", attempts: 1 });
    expect(payments.counted("collect")).toBe(1);
  }, 60_000);

  test("partial payments add up until the amount is reached", async () => {
    const payments = new ScriptedPayments([ACTION, { kind: "succeeded" }]);
    const { output } = await run(payments, undefined, async (flow) => {
      await until(flow, "requires_action");
      payments.pay(1, 500n);
      await flow.signal(PROVIDER_CHANGED);
      while (payments.received === 0n) await new Promise((resolve) => setTimeout(resolve, 10));
      const part = { ...BY, reference: "B1", amountMinor: "499" };
      await flow.executeUpdate(RECORD_TRANSFER, { args: [part] });
      await flow.executeUpdate(RECORD_TRANSFER, { args: [part] });
    });
    expect(output).toMatchObject({ result: "paid", receivedMinor: "1999" });
    expect(payments.receipts.map(({ amountMinor }) => amountMinor)).toEqual([500n, 499n, 1000n]);
    expect(payments.counted("mail receipt")).toBe(3);
  }, 60_000);

  test("without a provider a transfer is waited for, with reminders, and a person records it", async () => {
    const payments = new ScriptedPayments([{ kind: "no_provider" }]);
    const { output } = await run(payments, undefined, async (flow) => {
      await until(flow, "awaiting_transfer");
      await world.time.pass(8 * DAY);
      while (payments.counted("mail reminder") < 2) await new Promise((resolve) => setTimeout(resolve, 10));
      const wrong = flow.executeUpdate(RECORD_TRANSFER, {
        args: [{ ...BY, reference: "B 1", amountMinor: "1" }],
      });
      await expect(wrong).rejects.toMatchObject({
        cause: { message: "reference must be the bank's reference" },
      });
      await flow.executeUpdate(RECORD_TRANSFER, { args: [{ ...BY, reference: "B1", amountMinor: "1999" }] });
    });
    expect(output).toMatchObject({ result: "paid", attempts: 0 });
    expect(payments.counted("mail transfer")).toBe(1);
  }, 60_000);

  test("a top-up by transfer that never comes is over after a month", async () => {
    const payments = new ScriptedPayments([{ kind: "no_provider" }]);
    const { output, days } = await run(payments, topUpOf());
    expect(output.result).toBe("abandoned");
    expect(days).toBe(30);
  }, 60_000);

  test("an invoice that nobody ever pays is a matter for people after a year, with monthly mails until then", async () => {
    const payments = new ScriptedPayments([DECLINED]);
    payments.opened = { ...payments.opened, suspensionGraceSeconds: null };
    const { output, wasSuspended } = await run(payments);
    expect(output.result).toBe("uncollectible");
    expect(payments.counted("mail overdue")).toBe(12);
    expect(wasSuspended).toBe(false);
  }, 120_000);

  test("an invoice due later is tried at once, and by the calendar from its due day on", async () => {
    const payments = new ScriptedPayments([DECLINED, { kind: "succeeded" }]);
    payments.opened = { ...payments.opened, dueAt: (await world.time.now()) + 14 * DAY };
    const { days } = await run(payments);
    expect(days).toBe(14);
  }, 60_000);
});

describe("what is declined and no invoice", () => {
  test.each(["top_up", "auto_recharge"] as const)("%s is not tried again", async (purpose) => {
    const payments = new ScriptedPayments([DECLINED]);
    const { output } = await run(payments, topUpOf({ purpose }));
    expect(output).toMatchObject({ result: "declined", because: "insufficient_funds", attempts: 1 });
    expect(payments.calls.slice(-2)).toEqual(["state declined", "mail cancelled"]);
  });
});

describe("an earlier run", () => {
  test("closed: what came since is credited, nothing is asked for again", async () => {
    const payments = new ScriptedPayments([ACTION]);
    payments.opened = { ...payments.opened, state: "cancelled", unsettled: [1], lastAttempt: 1 };
    payments.attempts.set(1, { ...ACTION, amountMinor: 1999n });
    payments.pay(1, 500n);
    const { output } = await run(payments, topUpOf());
    expect(output).toMatchObject({ result: "late", receivedMinor: "500" });
    expect(payments.counted("collect")).toBe(0);
    expect(payments.counted("mail receipt")).toBe(1);
  });

  test("cut off while a debit was on its way: it is waited for, and collected once", async () => {
    const payments = new ScriptedPayments();
    payments.opened = { ...payments.opened, unsettled: [1], lastAttempt: 1 };
    payments.attempts.set(1, { kind: "processing", amountMinor: 1999n });
    const { output } = await run(payments, undefined, async (flow) => {
      await world.time.pass(DAY);
      await until(flow, "collecting");
      payments.pay(1);
    });
    expect(output).toMatchObject({ result: "paid", attempts: 1 });
    expect(payments.counted("collect")).toBe(0);
  }, 60_000);
});
