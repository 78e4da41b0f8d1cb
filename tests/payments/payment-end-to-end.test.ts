import { beforeAll, expect, test } from "@jest/globals";
import type { PaymentBooks } from "../../examples/stripe-simulator/books.ts";
import { attachWorld, eventually, type World } from "../pipeline/world.ts";
import { paymentsBy } from "./paying-tenants.ts";

let world: World;
beforeAll(async () => {
  world = await attachWorld();
}, 60_000);

const {
  tenant: payingTenant,
  pay,
  until,
  of: paymentOf,
  balance,
  simulator,
  books: booksOf,
} = paymentsBy<PaymentBooks>("stripe", () => world);

test("a stored card tops the wallet up, once; half of it goes back, and no more than is left", async () => {
  const tenant = await payingTenant("pm_card_visa");
  const [begun, again] = [await pay(tenant), await pay(tenant)];
  expect(again.payment_id).toBe(begun.payment_id);
  const payment = await until(tenant, begun, "paid");
  expect(payment).toMatchObject({ received: "25.00", attempts: [{ state: "succeeded" }] });
  expect(await balance(tenant)).toBe("35");
  expect(await booksOf(begun)).toMatchObject({ charges: 1, charged: 2500 });
  const refunds = `/api/v2/payments/${begun.payment_id}/refunds`;
  const refund = await world.admin.post(refunds, { amount: "12.50", reason: "complaint" });
  expect(refund).toMatchObject({ status: "refunded", refunded: "12.50" });
  expect(await balance(tenant)).toBe("22.5");
  await expect(world.admin.post(refunds, { amount: "12.51", reason: "more" })).rejects.toThrow("409");
  expect(await booksOf(begun)).toMatchObject({ refunds: 1, refunded: 1250 });
}, 120_000);

test("a payer with a link pays on the provider's page, and the webhook ends it", async () => {
  const tenant = await payingTenant(null);
  const begun = await pay(tenant);
  const { action_url: url } = await until(tenant, begun, "requires_action");
  await fetch(`${url}/pay`, { method: "POST", redirect: "manual" });
  await until(tenant, begun, "paid");
  expect(await balance(tenant)).toBe("35");
  expect(await booksOf(begun)).toMatchObject({ charges: 1 });
}, 120_000);

test("an invoice collects itself by the stored card, and its wallet is even again", async () => {
  const yesterday = new Date(Date.now() - 86_400_000).toISOString();
  const tenant = await world.tenant(
    "INV",
    { email: "ops@inv.test", kind: "postpaid", credit_limit: "1000" },
    "0",
  );
  const at = `/api/v2/tenants/${tenant.tenantId}`;
  await world.admin.patch(at, { payment: { provider: "stripe", payment_method_id: "pm_card_visa" } });
  const used = { event_type: "sms.delivered", channel: "sms", units: 1000, timestamp: yesterday };
  await world.admin.post(
    "/api/v2/usage-events",
    { ...used, tenant_id: tenant.tenantId },
    { "idempotency-key": "u" },
  );
  await eventually(
    () => balance(tenant),
    (now) => now === "-30",
  );
  await world.admin.post(`${at}/invoices`, { through: yesterday.slice(0, 10) });
  interface Listed {
    readonly data: readonly { readonly invoice_id: string; readonly number: string; readonly open: string }[];
  }
  const { data } = await eventually(
    () => tenant.rest.get<Listed>("/api/v2/invoices"),
    (page) => page.data.length === 1 && Number(page.data[0]?.open) === 0,
  );
  const begun = { payment_id: `inv-${data[0]!.invoice_id}` };
  const payment = await until(tenant, begun, "paid");
  expect(payment).toMatchObject({ purpose: "invoice", received: "30.00", invoice_number: data[0]!.number });
  expect(await booksOf(begun)).toMatchObject({ charges: 1, charged: 3000 });
  expect(await balance(tenant)).toBe("0");
}, 120_000);

test("500 after success, twice the webhook and late: one charge, one credit", async () => {
  const tenant = await payingTenant("pm_card_visa");
  await simulator("faults", { kind: "error_after", match: "confirm" });
  await simulator("faults", { kind: "webhook_duplicate", match: "succeeded" });
  const begun = await pay(tenant);
  await until(tenant, begun, "paid");
  expect(await booksOf(begun)).toMatchObject({ charges: 1, charged: 2500 });
  expect(await balance(tenant)).toBe("35");
}, 120_000);

test("declined is over, and what is transferred later is credited all the same", async () => {
  const tenant = await payingTenant("pm_card_chargeDeclinedInsufficientFunds");
  const begun = await pay(tenant);
  expect(await until(tenant, begun, "declined")).toMatchObject({
    because: "insufficient_funds",
    received: "0.00",
  });
  const transfer = { amount: "5.00", reference: "B-1", reason: "statement" };
  const transfers = `/api/v2/payments/${begun.payment_id}/bank-transfers`;
  for (let repeat = 0; repeat < 2; repeat += 1) await world.admin.post(transfers, transfer);
  const credited = await eventually(
    () => paymentOf(tenant, begun),
    ({ movements }) => movements[0]?.booked === true,
  );
  expect(credited).toMatchObject({ received: "5.00", state: "declined" });
  expect(await balance(tenant)).toBe("15");
}, 120_000);

test("a dispute takes the money from the wallet, and a won one gives it back", async () => {
  const tenant = await payingTenant("pm_card_visa");
  const begun = await pay(tenant);
  await until(tenant, begun, "paid");
  const { paymentIntents } = (await booksOf(begun))!;
  const { id } = await simulator<{ id: string }>("disputes", { payment_intent: paymentIntents[0] });
  await eventually(
    () => balance(tenant),
    (now) => now === "10",
  );
  await simulator(`disputes/${id}/close`, { outcome: "won" });
  await eventually(
    () => balance(tenant),
    (now) => now === "35",
  );
}, 120_000);

test("given up, it cannot be paid by its link any more", async () => {
  const tenant = await payingTenant(null);
  const begun = await pay(tenant);
  const { action_url: url } = await until(tenant, begun, "requires_action");
  const cancelled = await world.admin.post(`/api/v2/payments/${begun.payment_id}/cancel`, {
    reason: "changed",
  });
  expect(cancelled).toMatchObject({ state: "cancelled", because: "changed" });
  await fetch(`${url}/pay`, { method: "POST", redirect: "manual" });
  expect(await booksOf(begun)).toBeUndefined();
}, 120_000);
