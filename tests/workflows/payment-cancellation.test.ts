import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CANCEL_PAYMENT, RECORD_TRANSFER } from "#workflows/payment-collection/api.ts";
import { startPaymentWorld, untilStatus as until, type PaymentWorld } from "./payment-world.ts";
import { ScriptedPayments } from "./scripted-payments.ts";

let world: PaymentWorld;
let run: PaymentWorld["run"];
beforeAll(async () => {
  world = await startPaymentWorld();
  run = world.run;
}, 180_000);
afterAll(() => world.close(), 60_000);

const BY = { actor: "finance: Kim", reason: "asked by phone" };
const ACTION = { kind: "requires_action", actionUrl: "https://pay.test/1" } as const;
const DECLINED = { kind: "declined", code: "insufficient_funds" } as const;

describe("cancelled", () => {
  const states: readonly (readonly [
    string,
    ConstructorParameters<typeof ScriptedPayments>[0],
    string | null,
    string,
  ])[] = [
    ["while it is collected", [{ kind: "succeeded" }], null, "paid"],
    ["while the payer is waited for", [ACTION], "requires_action", "cancelled"],
    ["while it waits for the calendar", [DECLINED], "retrying", "cancelled"],
    ["while a transfer is waited for", [{ kind: "no_provider" }], "awaiting_transfer", "cancelled"],
  ];

  test.each(states)(
    "%s by Temporal, nothing is left that somebody could pay",
    async (_when, answers, status, result) => {
      const payments = new ScriptedPayments(answers);
      const { output } = await run(payments, undefined, async (flow) => {
        if (status !== null) await until(flow, status);
        await flow.cancel();
      });
      // Where the cancellation comes before the first attempt, none is made.
      expect([result, "cancelled"]).toContain(output.result);
      expect(
        [...payments.attempts.values()].every(({ kind }) => kind === "cancelled" || kind === "succeeded"),
      ).toBe(true);
      expect(payments.received).toBe(payments.charged);
    },
  );

  test.each(states.slice(1))("%s by a person, with a reason", async (_when, answers, status) => {
    const payments = new ScriptedPayments(answers);
    const { output } = await run(payments, undefined, async (flow) => {
      await until(flow, status!);
      const wrong = flow.executeUpdate(CANCEL_PAYMENT, { args: [{ actor: "Kim", reason: " " }] });
      await expect(wrong).rejects.toMatchObject({ cause: { message: "reason is needed: why" } });
      await expect(flow.executeUpdate(CANCEL_PAYMENT, { args: [BY] })).resolves.toMatchObject({
        status: "cancelled",
      });
    });
    expect(output).toMatchObject({ result: "cancelled", because: BY.reason });
  });

  test("while it is overdue", async () => {
    const payments = new ScriptedPayments([DECLINED]);
    const { output } = await run(payments, undefined, async (flow) => {
      await world.time.skipping(() => until(flow, "overdue"));
      await flow.cancel();
    });
    expect(output.result).toBe("cancelled");
  }, 60_000);
});

test("the same update twice is one, and two that come together are both answered", async () => {
  const payments = new ScriptedPayments([ACTION]);
  const transfer = { ...BY, reference: "B1", amountMinor: "500" };
  const { output } = await run(payments, undefined, async (flow) => {
    await until(flow, "requires_action");
    const send = (updateId: string): Promise<unknown> =>
      flow.executeUpdate(RECORD_TRANSFER, { updateId, args: [transfer] });
    await Promise.all([send("a"), send("a"), send("b")]);
    await flow.executeUpdate(CANCEL_PAYMENT, { args: [BY] });
  });
  expect(output).toMatchObject({ result: "cancelled", receivedMinor: "500" });
});
