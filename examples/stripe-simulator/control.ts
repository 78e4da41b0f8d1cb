import { html, json, seeOther, type Answer } from "../provider-simulator/http-door.ts";
import { button, page, tableOf } from "../provider-simulator/pages.ts";
import { parseFault } from "../provider-simulator/faults.ts";
import type { Account } from "./account.ts";
import { booksOf } from "./books.ts";
import { payCheckoutSession, getCheckoutSession } from "./checkout.ts";
import { closeDispute, openDispute } from "./disputes.ts";
import { invalid, missing } from "./errors.ts";
import type { BalanceTransaction, Charge, PaymentIntent, Payout } from "./objects.ts";
import { authenticate, settle } from "./payment-intents.ts";
import { endRefund } from "./refunds.ts";

const NAME = "Stripe simulator";

/** The simulator's own doors: pages for people under /, controls for tests under /simulator. Null: not one of them. */
export function control(account: Account, method: string, path: string, body: unknown): Answer | null {
  const parts = path.split("/").slice(1);
  if (path === "/" && method === "GET") return paymentsPage(account);
  if (parts[0] !== "simulator") return null;
  const [, what = "", id = "", verb = ""] = parts;
  const key = `${method} ${what}${id === "" ? "" : "/:id"}${verb === "" ? "" : `/${verb}`}`;
  return CONTROLS[key]?.(account, id, fieldsOf(body)) ?? null;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (body: unknown): Fields =>
  typeof body === "object" && body !== null ? (body as Fields) : {};

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
    if (fault === null) throw invalid('Give {"kind": …, "match"?, "times"?, "ms"?, "code"?}.');
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
    if (!account.options.sender.again(id)) throw missing("event", id);
    return json(200, { id });
  },
  "POST payment_intents/:id/settle": (account, id, { outcome }) =>
    json(200, { settled: settle(account, id, outcome !== "failed") }),
  "POST refunds/:id/end": (account, id, { status }) =>
    json(200, endRefund(account, id, status === "failed" ? "failed" : "succeeded")),
  "POST disputes": (account, _, { payment_intent: intentId, amount, reason }) => {
    const intent = account.get<PaymentIntent>("payment_intents", String(intentId), "payment_intent");
    const charge = account.get<Charge>("charges", String(intent.latest_charge), "charge");
    return json(
      200,
      openDispute(
        account,
        charge,
        typeof amount === "number" ? amount : charge.amount,
        typeof reason === "string" ? reason : "fraudulent",
      ),
    );
  },
  "POST disputes/:id/close": (account, id, { outcome }) =>
    json(200, closeDispute(account, id, outcome === "won" ? "won" : "lost")),
  "POST payouts": (account, _, { currency }) =>
    json(200, payOut(account, typeof currency === "string" ? currency.toLowerCase() : "usd")),
  "GET authenticate/:id": (account, id) => authenticationPage(account, id),
  "POST authenticate/:id/approve": (account, id) => authenticated(account, id, true),
  "POST authenticate/:id/decline": (account, id) => authenticated(account, id, false),
  "GET checkout/:id": (account, id) => checkoutPage(account, id),
  "POST checkout/:id/pay": (account, id) => checkedOut(account, id, "pm_card_visa"),
  "POST checkout/:id/decline": (account, id) => checkedOut(account, id, "pm_card_chargeDeclined"),
};

/** Pays the balance of one currency out to the bank. */
function payOut(account: Account, currency: string): Payout {
  const amount = account
    .all<BalanceTransaction>("balance_transactions")
    .filter((row) => row.currency === currency)
    .reduce((sum, { net }) => sum + net, 0);
  if (amount <= 0) throw invalid("There is nothing to pay out.", { code: "balance_insufficient" });
  const id = account.id("po");
  const movement = account.move({
    amount: -amount,
    fee: 0,
    currency,
    type: "payout",
    category: "payout",
    source: id,
  });
  const created = account.seconds();
  const payout = account.put<Payout>("payouts", {
    id,
    object: "payout",
    created,
    arrival_date: created,
    livemode: false,
    amount,
    balance_transaction: movement.id,
    currency,
    status: "paid",
  });
  account.emit("payout.paid", payout);
  return payout;
}

function amountText(amount: number, currency: string): string {
  return `${amount} (smallest unit) ${currency.toUpperCase()}`;
}

function paymentsPage(account: Account): Answer {
  const rows = account
    .all<PaymentIntent>("payment_intents")
    .slice(-200)
    .toReversed()
    .map((intent) => [
      new Date(intent.created * 1000).toISOString(),
      intent.id,
      intent.metadata["payment_id"] ?? "",
      amountText(intent.amount, intent.currency),
      intent.status,
      intent.description ?? "",
    ]);
  const links = `<p><a href="/simulator/books">books</a> · <a href="/simulator/deliveries">webhooks</a> · <a href="/simulator/faults">faults</a></p>`;
  return html(
    page(
      NAME,
      "Payments",
      links + tableOf(["created", "payment intent", "payment", "amount", "status", "description"], rows),
    ),
  );
}

function authenticationPage(account: Account, id: string): Answer {
  const intent = account.get<PaymentIntent>("payment_intents", id);
  if (intent.status !== "requires_action")
    return html(page(NAME, "3-D Secure", `<p>This payment is ${intent.status}.</p>`));
  const base = `/simulator/authenticate/${id}`;
  return html(
    page(
      NAME,
      "3-D Secure",
      `<p>Your bank asks: pay ${amountText(intent.amount, intent.currency)}?</p>${button(`${base}/approve`, "Approve", true)}${button(`${base}/decline`, "Decline")}`,
    ),
  );
}

function authenticated(account: Account, id: string, approved: boolean): Answer {
  const before = account.get<PaymentIntent>("payment_intents", id);
  const intent = authenticate(account, id, approved) ?? before;
  const action = before.next_action;
  if (action?.type !== "redirect_to_url")
    return html(page(NAME, "3-D Secure", `<p>This payment is ${intent.status}.</p>`));
  const back = new URL(action.redirect_to_url.return_url);
  back.searchParams.set("payment_intent", id);
  back.searchParams.set("redirect_status", intent.status === "succeeded" ? "succeeded" : "failed");
  return seeOther(back.href);
}

function checkoutPage(account: Account, id: string): Answer {
  const session = getCheckoutSession(account, id);
  if (session.status !== "open")
    return html(page(NAME, "Checkout", `<p>This link is ${session.status}.</p>`));
  const base = `/simulator/checkout/${id}`;
  return html(
    page(
      NAME,
      "Checkout",
      `<p>Pay ${amountText(session.amount_total, session.currency)}</p>${button(`${base}/pay`, "Pay with 4242 4242 4242 4242", true)}${button(`${base}/decline`, "Pay with a card that is declined")}`,
    ),
  );
}

function checkedOut(account: Account, id: string, paymentMethod: string): Answer {
  const session = payCheckoutSession(account, id, paymentMethod);
  if (session.status !== "complete")
    return html(
      page(
        NAME,
        "Checkout",
        `<p>Your card was declined.</p><p><a href="/simulator/checkout/${id}">Back</a></p>`,
      ),
    );
  return session.success_url === null
    ? html(page(NAME, "Checkout", "<p>Paid.</p>"))
    : seeOther(session.success_url.replaceAll("{CHECKOUT_SESSION_ID}", id));
}
