import type { Account } from "./account.ts";
import { createCheckoutSession, expireCheckoutSession, getCheckoutSession } from "./checkout.ts";
import { invalid, StripeError } from "./errors.ts";
import { metadata, text, textList, type Params } from "./form.ts";
import { pageOf } from "./lists.ts";
import type {
  BalanceTransaction,
  Charge,
  CheckoutSession,
  Customer,
  Dispute,
  PaymentIntent,
  Refund,
  StripeEvent,
} from "./objects.ts";
import { cancelPaymentIntent, confirmPaymentIntent, createPaymentIntent } from "./payment-intents.ts";
import { attachPaymentMethod, createPaymentMethod, usePaymentMethod } from "./payment-methods.ts";
import { createRefund } from "./refunds.ts";

interface Route {
  readonly method: "GET" | "POST";
  /** `:id` stands for an id. */
  readonly path: string;
  /** What it takes; anything else is refused, as at Stripe. */
  readonly params: readonly string[];
  readonly run: (account: Account, params: Params, id: string) => object;
}

const LIST = ["limit", "starting_after", "ending_before", "created", "expand"];

const ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/customers",
    params: ["name", "email", "metadata", "description"],
    run: createCustomer,
  },
  { method: "GET", path: "/v1/customers/search", params: ["query", "limit", "page"], run: searchCustomers },
  {
    method: "GET",
    path: "/v1/customers/:id",
    params: [],
    run: (account, _, id) => account.get("customers", id),
  },
  {
    method: "POST",
    path: "/v1/payment_methods",
    params: ["type", "card", "metadata"],
    run: createPaymentMethod,
  },
  {
    method: "GET",
    path: "/v1/payment_methods/:id",
    params: [],
    run: (account, _, id) => usePaymentMethod(account, id),
  },
  {
    method: "POST",
    path: "/v1/payment_methods/:id/attach",
    params: ["customer"],
    run: (account, params, id) => attachPaymentMethod(account, id, params),
  },
  {
    method: "POST",
    path: "/v1/payment_intents",
    params: [
      "amount",
      "currency",
      "customer",
      "payment_method",
      "confirm",
      "off_session",
      "metadata",
      "description",
      "return_url",
      "allowed_payment_method_types",
      "automatic_payment_methods",
      "setup_future_usage",
      "expand",
    ],
    run: createPaymentIntent,
  },
  {
    method: "GET",
    path: "/v1/payment_intents",
    params: [...LIST, "customer"],
    run: (account, params) => {
      const customer = text(params, "customer");
      const rows = account.all<PaymentIntent>("payment_intents");
      return pageOf(
        rows.filter((row) => customer === null || row.customer === customer),
        params,
        "/v1/payment_intents",
      );
    },
  },
  {
    method: "GET",
    path: "/v1/payment_intents/:id",
    params: ["expand"],
    run: (account, params, id) => expandIntent(account, account.get("payment_intents", id, "intent"), params),
  },
  {
    method: "POST",
    path: "/v1/payment_intents/:id/confirm",
    params: ["payment_method", "off_session", "return_url", "expand"],
    run: (account, params, id) => expandIntent(account, confirmPaymentIntent(account, id, params), params),
  },
  {
    method: "POST",
    path: "/v1/payment_intents/:id/cancel",
    params: ["cancellation_reason", "expand"],
    run: (account, params, id) => cancelPaymentIntent(account, id, params),
  },
  {
    method: "POST",
    path: "/v1/checkout/sessions",
    params: [
      "mode",
      "line_items",
      "success_url",
      "cancel_url",
      "customer",
      "client_reference_id",
      "metadata",
      "payment_intent_data",
      "expires_at",
      "allowed_payment_method_types",
    ],
    run: createCheckoutSession,
  },
  {
    method: "GET",
    path: "/v1/checkout/sessions/:id",
    params: ["expand"],
    run: (account, params, id) => expandSession(account, getCheckoutSession(account, id), params),
  },
  {
    method: "POST",
    path: "/v1/checkout/sessions/:id/expire",
    params: [],
    run: (account, _, id) => expireCheckoutSession(account, id),
  },
  { method: "GET", path: "/v1/charges/:id", params: [], run: (account, _, id) => account.get("charges", id) },
  {
    method: "POST",
    path: "/v1/refunds",
    params: ["payment_intent", "charge", "amount", "metadata", "reason"],
    run: createRefund,
  },
  {
    method: "GET",
    path: "/v1/refunds",
    params: [...LIST, "payment_intent", "charge"],
    run: (account, params) => {
      const intent = text(params, "payment_intent");
      const rows = account.all<Refund>("refunds");
      return pageOf(
        rows.filter((row) => intent === null || row.payment_intent === intent),
        params,
        "/v1/refunds",
      );
    },
  },
  { method: "GET", path: "/v1/refunds/:id", params: [], run: (account, _, id) => account.get("refunds", id) },
  {
    method: "GET",
    path: "/v1/disputes/:id",
    params: [],
    run: (account, _, id) => account.get("disputes", id),
  },
  {
    method: "GET",
    path: "/v1/balance_transactions",
    params: [...LIST, "type", "payout", "currency"],
    run: listBalanceTransactions,
  },
  { method: "GET", path: "/v1/payouts/:id", params: [], run: (account, _, id) => account.get("payouts", id) },
  { method: "GET", path: "/v1/events/:id", params: [], run: (account, _, id) => account.get("events", id) },
  {
    method: "GET",
    path: "/v1/events",
    params: [...LIST, "type"],
    run: (account, params) => {
      const type = text(params, "type");
      const rows = account.all<StripeEvent>("events");
      return pageOf(
        rows.filter((row) => type === null || row.type === type),
        params,
        "/v1/events",
      );
    },
  },
];

/** Carries a request out. @throws StripeError. */
export function route(account: Account, method: string, path: string, params: Params): object {
  for (const one of ROUTES) {
    const id = match(one.path, path);
    if (one.method !== method || id === null) continue;
    const unknown = Object.keys(params).find((name) => !one.params.includes(name));
    if (unknown !== undefined)
      throw invalid(`Received unknown parameter: ${unknown}`, { code: "parameter_unknown", param: unknown });
    return one.run(account, params, id);
  }
  throw new StripeError(404, {
    type: "invalid_request_error",
    message: `Unrecognized request URL (${method}: ${path}). This is a simulator: it knows a part of Stripe's API.`,
  });
}

/** The id in a path, "" where it has none, null where it is another path. */
function match(pattern: string, path: string): string | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const same = wanted.every(
    (part, index) => part === given[index] || (part === ":id" && given[index] !== ""),
  );
  return same ? (given[wanted.indexOf(":id")] ?? "") : null;
}

function createCustomer(account: Account, params: Params): Customer {
  const customer = account.put<Customer>("customers", {
    id: account.id("cus"),
    object: "customer",
    created: account.seconds(),
    livemode: false,
    name: text(params, "name"),
    email: text(params, "email"),
    metadata: metadata(params),
  });
  account.emit("customer.created", customer);
  return customer;
}

/** Knows `metadata['name']:'value'` alone of Stripe's query language. */
function searchCustomers(account: Account, params: Params): object {
  const query = /^metadata\['([^']+)'\]:'((?:[^'\\]|\\.)*)'$/.exec(text(params, "query") ?? "");
  if (query === null) throw invalid("We were unable to parse your search query.", { param: "query" });
  const value = query[2]!.replaceAll(/\\(.)/g, "$1");
  const data = account.all<Customer>("customers").filter((row) => row.metadata[query[1]!] === value);
  return {
    object: "search_result",
    data: data.toReversed(),
    has_more: false,
    next_page: null,
    url: "/v1/customers/search",
  };
}

function expandIntent(account: Account, intent: PaymentIntent, params: Params): object {
  const expand = textList(params, "expand");
  if (!expand.some((path) => path.startsWith("latest_charge")) || intent.latest_charge === null)
    return intent;
  const charge = account.get<Charge>("charges", intent.latest_charge);
  const whole = expand.includes("latest_charge.balance_transaction") ? charge.balance_transaction : null;
  const movement = whole === null ? charge.balance_transaction : account.get("balance_transactions", whole);
  return { ...intent, latest_charge: { ...charge, balance_transaction: movement } };
}

function expandSession(account: Account, session: CheckoutSession, params: Params): object {
  const expand = textList(params, "expand").filter((path) => path.startsWith("payment_intent"));
  if (expand.length === 0 || session.payment_intent === null) return session;
  const intent = account.get<PaymentIntent>("payment_intents", session.payment_intent);
  const inner = expand.map((path) => path.replace(/^payment_intent\.?/, "")).filter((path) => path !== "");
  return { ...session, payment_intent: expandIntent(account, intent, { expand: inner }) };
}

function listBalanceTransactions(account: Account, params: Params): object {
  const type = text(params, "type");
  const currency = text(params, "currency");
  const rows = account
    .all<BalanceTransaction>("balance_transactions")
    .filter(
      (row) => (type === null || row.type === type) && (currency === null || row.currency === currency),
    );
  const page = pageOf(rows, params, "/v1/balance_transactions") as { data: BalanceTransaction[] };
  if (!textList(params, "expand").includes("data.source")) return page;
  return { ...page, data: page.data.map((row) => ({ ...row, source: sourceOf(account, row) })) };
}

function sourceOf(account: Account, { source }: BalanceTransaction): object {
  for (const table of ["charges", "refunds", "disputes", "payouts"]) {
    const found = account.find<Charge | Refund | Dispute>(table, source);
    if (found !== undefined) return found;
  }
  throw new Error(`${source} is nowhere`);
}
