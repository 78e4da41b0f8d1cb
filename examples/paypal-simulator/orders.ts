import type { Account } from "./account.ts";
import { feeOf, moneyOf, unitsOf } from "./amounts.ts";
import { invalid, unprocessable } from "./errors.ts";
import type { Capture, Link, Order, OrderSecret, PurchaseUnit } from "./objects.ts";

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** POST /v2/checkout/orders: waits for the payer, or is paid at once from a vaulted account (`vault_id`). */
export function createOrder(account: Account, body: Fields): Order {
  if (body["intent"] !== "CAPTURE")
    throw invalid("INVALID_PARAMETER_VALUE", "The simulator knows intent CAPTURE only.");
  const units = body["purchase_units"];
  if (!Array.isArray(units) || units.length !== 1)
    throw invalid("INVALID_ARRAY_LENGTH", "The simulator takes one purchase unit.");
  const unit = unitOf(fields(units[0]));
  const paypal = fields(fields(body["payment_source"])["paypal"]);
  const vaultId = textOf(paypal["vault_id"]);
  const context = fields(paypal["experience_context"]);
  const id = account.id();
  account.put<OrderSecret>("secrets", id, {
    id,
    returnUrl: textOf(context["return_url"]) ?? null,
    cancelUrl: textOf(context["cancel_url"]) ?? null,
    instrument:
      vaultId?.endsWith("declined") === true
        ? "declined"
        : vaultId?.endsWith("pending") === true
          ? "pending"
          : "ok",
  });
  const order: Order = {
    id,
    intent: "CAPTURE",
    status: vaultId === undefined ? "PAYER_ACTION_REQUIRED" : "APPROVED",
    purchase_units: [unit],
    create_time: account.time(),
    links: linksOf(account, id),
  };
  return vaultId === undefined ? account.put("orders", id, order) : pay(account, order);
}

function unitOf(given: Fields): PurchaseUnit {
  const { units, currency } = unitsOf(given["amount"]);
  if (units === 0n) throw unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE", "Must be greater than zero.");
  const customId = textOf(given["custom_id"]);
  const invoiceId = textOf(given["invoice_id"]);
  const description = textOf(given["description"]);
  for (const [name, value] of Object.entries({ custom_id: customId, invoice_id: invoiceId, description }))
    if ((value ?? "").length > 127)
      throw invalid("INVALID_STRING_LENGTH", `${name} must have at most 127 characters.`);
  return {
    reference_id: "default",
    amount: moneyOf(units, currency),
    ...(customId === undefined ? {} : { custom_id: customId }),
    ...(invoiceId === undefined ? {} : { invoice_id: invoiceId }),
    ...(description === undefined ? {} : { description }),
  };
}

function linksOf(account: Account, id: string): Link[] {
  const base = account.options.baseUrl();
  return [
    { href: `${base}/v2/checkout/orders/${id}`, rel: "self", method: "GET" },
    { href: `${base}/simulator/approve/${id}`, rel: "payer-action", method: "GET" },
  ];
}

/** What the payer does on the page. */
export function approveOrder(account: Account, id: string, instrument: OrderSecret["instrument"]): Order {
  const order = account.get<Order>("orders", id);
  if (order.status !== "PAYER_ACTION_REQUIRED") return order;
  account.put<OrderSecret>("secrets", id, { ...account.get<OrderSecret>("secrets", id), instrument });
  const approved = account.put<Order>("orders", id, { ...order, status: "APPROVED" });
  account.emit("CHECKOUT.ORDER.APPROVED", "checkout-order", approved);
  return approved;
}

/** PATCH /v2/checkout/orders/:id: custom_id alone. */
export function patchOrder(account: Account, id: string, operations: unknown): Order {
  const order = account.get<Order>("orders", id);
  const operation = fields(Array.isArray(operations) ? operations[0] : null);
  const value = textOf(operation["value"]);
  if (operation["path"] !== "/purchase_units/@reference_id=='default'/custom_id" || value === undefined)
    throw unprocessable("NOT_PATCHABLE", "The simulator patches custom_id only.");
  if (order.status === "COMPLETED")
    throw unprocessable("ORDER_ALREADY_COMPLETED", "The order cannot be patched after it is completed.");
  return account.put<Order>("orders", id, {
    ...order,
    purchase_units: [{ ...order.purchase_units[0], custom_id: value }],
  });
}

/** POST /v2/checkout/orders/:id/capture. */
export function captureOrder(account: Account, id: string): Order {
  const order = account.get<Order>("orders", id);
  if (order.status === "COMPLETED") throw unprocessable("ORDER_ALREADY_CAPTURED", "Order already captured.");
  if (order.status !== "APPROVED")
    throw unprocessable("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.");
  return pay(account, order);
}

function pay(account: Account, order: Order): Order {
  const { instrument } = account.get<OrderSecret>("secrets", order.id);
  const scripted = account.options.faults.take("payment", ["decline"]);
  const known = account.find("orders", order.id) !== undefined;
  if (scripted !== null || instrument === "declined") {
    if (known) account.put<Order>("orders", order.id, { ...order, status: "PAYER_ACTION_REQUIRED" });
    throw unprocessable(
      scripted?.code ?? "INSTRUMENT_DECLINED",
      "The instrument presented was either declined by the processor or bank.",
    );
  }
  refuseSecondPayment(account, order.purchase_units[0]);
  const capture = captureOf(account, order, instrument === "pending" ? "PENDING" : "COMPLETED");
  if (capture.status === "PENDING") account.later(() => endCapture(account, capture.id));
  return account.find<Order>("orders", order.id)!;
}

/** An account blocks a second payment of one invoice id, by default. */
function refuseSecondPayment(account: Account, { invoice_id: invoiceId }: PurchaseUnit): void {
  if (invoiceId === undefined) return;
  if (
    account
      .all<Capture>("captures")
      .some((capture) => capture.invoice_id === invoiceId && capture.status !== "DECLINED")
  )
    throw unprocessable("DUPLICATE_INVOICE_ID", "Duplicate Invoice ID detected.");
}

function captureOf(account: Account, order: Order, status: "COMPLETED" | "PENDING"): Capture {
  const [unit] = order.purchase_units;
  const { units, currency } = unitsOf(unit.amount);
  const fee = feeOf(units, currency);
  const id = account.id();
  const base = account.options.baseUrl();
  const capture: Capture = {
    id,
    status,
    amount: unit.amount,
    final_capture: true,
    ...(unit.custom_id === undefined ? {} : { custom_id: unit.custom_id }),
    ...(unit.invoice_id === undefined ? {} : { invoice_id: unit.invoice_id }),
    ...(status === "PENDING"
      ? {}
      : {
          seller_receivable_breakdown: {
            gross_amount: unit.amount,
            paypal_fee: moneyOf(fee, currency),
            net_amount: moneyOf(units - fee, currency),
          },
        }),
    supplementary_data: { related_ids: { order_id: order.id } },
    create_time: account.time(),
    links: [
      { href: `${base}/v2/payments/captures/${id}`, rel: "self", method: "GET" },
      { href: `${base}/v2/checkout/orders/${order.id}`, rel: "up", method: "GET" },
    ],
  };
  putCapture(account, { ...order, status: "COMPLETED" }, capture);
  if (status === "COMPLETED") settleCapture(account, capture, units, fee, currency);
  account.emit(`PAYMENT.CAPTURE.${status}`, "capture", capture);
  return capture;
}

/** A capture stands alone and within its order. */
export function putCapture(account: Account, order: Order, capture: Capture): void {
  account.put("captures", capture.id, capture);
  account.put<Order>("orders", order.id, {
    ...order,
    purchase_units: [{ ...order.purchase_units[0], payments: { captures: [capture] } }],
  });
}

function settleCapture(
  account: Account,
  capture: Capture,
  units: bigint,
  fee: bigint,
  currency: string,
): void {
  account.move(
    capture.id,
    "T0006",
    { amount: units, fee: -fee, currency },
    {
      ...(capture.custom_id === undefined ? {} : { custom_field: capture.custom_id }),
      paypal_reference_id: capture.supplementary_data.related_ids.order_id,
      paypal_reference_id_type: "ODR",
    },
  );
}

/** Ends a pending capture (an eCheck). */
export function endCapture(account: Account, id: string, success = true): Capture {
  const capture = account.get<Capture>("captures", id);
  if (capture.status !== "PENDING") return capture;
  const order = account.get<Order>("orders", capture.supplementary_data.related_ids.order_id);
  const { units, currency } = unitsOf(capture.amount);
  const fee = feeOf(units, currency);
  const breakdown = {
    gross_amount: capture.amount,
    paypal_fee: moneyOf(fee, currency),
    net_amount: moneyOf(units - fee, currency),
  };
  const ended: Capture = success
    ? { ...capture, status: "COMPLETED", seller_receivable_breakdown: breakdown }
    : { ...capture, status: "DECLINED" };
  putCapture(account, order, ended);
  if (success) settleCapture(account, ended, units, fee, currency);
  account.emit(success ? "PAYMENT.CAPTURE.COMPLETED" : "PAYMENT.CAPTURE.DENIED", "capture", ended);
  return ended;
}
