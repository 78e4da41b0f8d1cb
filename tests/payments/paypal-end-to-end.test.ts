import { beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { PaymentBooks } from "../../examples/paypal-simulator/reports.ts";
import { attachWorld, eventually, type Tenant, type World } from "../pipeline/world.ts";
import { paymentsBy, type Begun } from "./paying-tenants.ts";

let world: World;
beforeAll(async () => {
  world = await attachWorld();
}, 60_000);

const payments = paymentsBy<PaymentBooks>("paypal", () => world);
beforeEach(() => fetch(`${world.environment.urls.paypalSimulator}/simulator/faults`, { method: "DELETE" }));

/** What the payer does on PayPal's page. */
async function payer(tenant: Tenant, begun: Begun, verb: "approve" | "decline" | "pending"): Promise<void> {
  const { action_url: url } = await payments.until(tenant, begun, "requires_action");
  const { status } = await fetch(`${url}/${verb}`, { method: "POST", redirect: "manual" });
  expect(status).toBe(303);
}

const balanceOf = (tenant: Tenant, expected: string): Promise<string> =>
  eventually(
    () => payments.balance(tenant),
    (now) => now === expected,
  );

test("a vaulted account tops the wallet up, once; half of it goes back, and no more than is left", async () => {
  const tenant = await payments.tenant("vault-1");
  const [begun, again] = [await payments.pay(tenant), await payments.pay(tenant)];
  expect(again.payment_id).toBe(begun.payment_id);
  const paid = await payments.until(tenant, begun, "paid");
  expect(paid).toMatchObject({ received: "25.00", attempts: [{ state: "succeeded" }] });
  expect(await payments.balance(tenant)).toBe("35");
  expect(await payments.books(begun)).toMatchObject({ charges: 1, charged: "2500" });
  const refunds = `/api/v2/payments/${begun.payment_id}/refunds`;
  const refund = await world.admin.post(refunds, { amount: "12.50", reason: "complaint" });
  expect(refund).toMatchObject({ status: "refunded", refunded: "12.50" });
  expect(await payments.balance(tenant)).toBe("22.5");
  await expect(world.admin.post(refunds, { amount: "12.51", reason: "more" })).rejects.toThrow("409");
  expect(await payments.books(begun)).toMatchObject({ charges: 1, refunded: "1250" });
}, 120_000);

test("a payer approves the order and it is captured once, however often and late PayPal tells of it", async () => {
  await payments.simulator("faults", { kind: "webhook_duplicate", match: "APPROVED" });
  await payments.simulator("faults", { kind: "webhook_late", match: "COMPLETED", ms: 1_000 });
  await payments.simulator("faults", { kind: "error_after", match: "capture" });
  const tenant = await payments.tenant(null);
  const begun = await payments.pay(tenant);
  await payer(tenant, begun, "approve");
  await payments.until(tenant, begun, "paid");
  expect(await payments.books(begun)).toMatchObject({ charges: 1, charged: "2500" });
  expect(await payments.balance(tenant)).toBe("35");
}, 120_000);

test("an order whose every webhook is lost is found paid by asking", async () => {
  await payments.simulator("faults", { kind: "webhook_none", match: ".", times: 10 });
  const tenant = await payments.tenant("vault-2");
  const begun = await payments.pay(tenant);
  await payments.until(tenant, begun, "paid");
  expect(await payments.books(begun)).toMatchObject({ charges: 1 });
  expect(await payments.balance(tenant)).toBe("35");
}, 120_000);

test("an eCheck is credited when it has cleared, not before", async () => {
  const tenant = await payments.tenant(null);
  const begun = await payments.pay(tenant);
  await payer(tenant, begun, "pending");
  await payments.until(tenant, begun, "paid");
  expect(await payments.books(begun)).toMatchObject({ charges: 1 });
  expect(await payments.balance(tenant)).toBe("35");
}, 120_000);

test("a declined account is over: nothing charged, nothing credited", async () => {
  const tenant = await payments.tenant("vault-declined");
  const begun = await payments.pay(tenant);
  const declined = await payments.until(tenant, begun, "declined");
  expect(declined).toMatchObject({ because: "INSTRUMENT_DECLINED", received: "0.00" });
  expect(await payments.books(begun)).toBeUndefined();
  expect(await payments.balance(tenant)).toBe("10");
}, 120_000);

test("a dispute takes the money from the wallet, and a won one gives it back", async () => {
  const tenant = await payments.tenant("vault-3");
  const begun = await payments.pay(tenant);
  await payments.until(tenant, begun, "paid");
  const [order] = (await payments.books(begun))!.orders;
  const { dispute_id: id } = await payments.simulator<{ dispute_id: string }>("disputes", {
    order_id: order,
  });
  await balanceOf(tenant, "10");
  await payments.simulator(`disputes/${id}/close`, { outcome: "won" });
  await balanceOf(tenant, "35");
}, 120_000);
