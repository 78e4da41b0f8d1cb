import { parseFault } from "../provider-simulator/faults.ts";
import { html, json, seeOther, type Answer } from "../provider-simulator/http-door.ts";
import { button, page, tableOf } from "../provider-simulator/pages.ts";
import type { Account } from "./account.ts";
import { moneyOf, unitsOf } from "./amounts.ts";
import { invalid, missing } from "./errors.ts";
import type { Order, OrderSecret, Transaction } from "./objects.ts";
import { approveOrder, endCapture } from "./orders.ts";
import { closeDispute, openDispute } from "./refunds.ts";
import { booksOf } from "./reports.ts";

const NAME = "PayPal simulator";

type Fields = Readonly<Record<string, unknown>>;

/** The simulator's own doors: pages for people under /, controls for tests under /simulator. Null: not one of them. */
export function control(account: Account, method: string, path: string, body: Fields): Answer | null {
  if (path === "/" && method === "GET") return ordersPage(account);
  const [root, what = "", id = "", verb = ""] = path.split("/").slice(1);
  if (root !== "simulator") return null;
  const key = `${method} ${what}${id === "" ? "" : "/:id"}${verb === "" ? "" : `/${verb}`}`;
  return CONTROLS[key]?.(account, id, body) ?? null;
}

const CONTROLS: Readonly<Record<string, (account: Account, id: string, body: Fields) => Answer>> = {
  "GET books": (account) => json(200, booksOf(account)),
  "GET deliveries": (account) =>
    json(
      200,
      account.options.sender
        .deliveries()
        .map(({ id, type, state, attempts }) => ({ id, type, state, attempts })),
    ),
  "GET faults": (account) => json(200, account.options.faults.list()),
  "POST faults": (account, _, body) => {
    const fault = parseFault(body);
    if (fault === null)
      throw invalid("INVALID_PARAMETER_VALUE", 'Give {"kind": …, "match"?, "times"?, "ms"?, "code"?}.');
    account.options.faults.add(fault);
    return json(200, account.options.faults.list());
  },
  "DELETE faults": (account) => {
    account.options.faults.clear();
    return json(200, []);
  },
  "POST webhooks": (account, _, { url }) => {
    account.options.sender.target(typeof url === "string" ? url : null);
    return json(200, { url });
  },
  "POST events/:id/again": (account, id) => {
    if (!account.options.sender.again(id)) throw missing();
    return json(200, { id });
  },
  "POST captures/:id/end": (account, id, { outcome }) =>
    json(200, endCapture(account, id, outcome !== "failed")),
  "POST disputes": (account, _, { order_id: orderId }) => json(200, openDispute(account, String(orderId))),
  "POST disputes/:id/close": (account, id, { outcome }) =>
    json(200, closeDispute(account, id, outcome === "won" ? "won" : "lost")),
  "POST payouts": (account, _, { currency }) =>
    json(200, payOut(account, typeof currency === "string" ? currency : "USD")),
  "GET approve/:id": (account, id) => approvalPage(account, id),
  "POST approve/:id/approve": (account, id) => approved(account, id, "ok"),
  "POST approve/:id/decline": (account, id) => approved(account, id, "declined"),
  "POST approve/:id/pending": (account, id) => approved(account, id, "pending"),
  "POST approve/:id/cancel": (account, id) => backTo(account.get<OrderSecret>("secrets", id).cancelUrl, id),
};

/** Moves the balance of one currency to the bank. */
function payOut(account: Account, currency: string): object {
  const signed = (money: { currency_code: string; value: string }): bigint =>
    money.value.startsWith("-")
      ? -unitsOf({ ...money, value: money.value.slice(1) }).units
      : unitsOf(money).units;
  const amount = account
    .all<Transaction>("transactions")
    .filter((row) => row.transaction_amount.currency_code === currency)
    .reduce(
      (sum, row) =>
        sum + signed(row.transaction_amount) + (row.fee_amount === undefined ? 0n : signed(row.fee_amount)),
      0n,
    );
  if (amount <= 0n) throw invalid("NO_BALANCE", "There is nothing to pay out.");
  account.move(account.id(), "T0400", { amount: -amount, fee: 0n, currency }, {});
  return { amount: moneyOf(amount, currency) };
}

function ordersPage(account: Account): Answer {
  const rows = account
    .all<Order>("orders")
    .slice(-200)
    .toReversed()
    .map(({ id, status, create_time: created, purchase_units: [unit] }) => [
      created,
      id,
      unit.custom_id ?? "",
      `${unit.amount.value} ${unit.amount.currency_code}`,
      status,
      unit.description ?? "",
    ]);
  const links = `<p><a href="/simulator/books">books</a> · <a href="/simulator/deliveries">webhooks</a> · <a href="/simulator/faults">faults</a></p>`;
  return html(
    page(
      NAME,
      "Orders",
      links + tableOf(["created", "order", "payment", "amount", "status", "description"], rows),
    ),
  );
}

function approvalPage(account: Account, id: string): Answer {
  const {
    status,
    purchase_units: [unit],
  } = account.get<Order>("orders", id);
  if (status !== "PAYER_ACTION_REQUIRED")
    return html(page(NAME, "Approval", `<p>This order is ${status}.</p>`));
  const base = `/simulator/approve/${id}`;
  const buttons = [
    button(`${base}/approve`, "Pay", true),
    button(`${base}/decline`, "Pay with a card that is declined"),
    button(`${base}/pending`, "Pay by eCheck"),
    button(`${base}/cancel`, "Cancel"),
  ];
  return html(
    page(
      NAME,
      "Approval",
      `<p>Pay ${unit.amount.value} ${unit.amount.currency_code}?</p>${buttons.join("")}`,
    ),
  );
}

function approved(account: Account, id: string, instrument: OrderSecret["instrument"]): Answer {
  approveOrder(account, id, instrument);
  return backTo(account.get<OrderSecret>("secrets", id).returnUrl, id);
}

function backTo(url: string | null, id: string): Answer {
  if (url === null) return html(page(NAME, "Approval", "<p>You may close this page.</p>"));
  const back = new URL(url);
  back.searchParams.set("token", id);
  return seeOther(back.href);
}
