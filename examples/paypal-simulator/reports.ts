import type { Account } from "./account.ts";
import { unitsOf } from "./amounts.ts";
import { invalid } from "./errors.ts";
import type { Capture, Dispute, Transaction } from "./objects.ts";
import { refundedOf } from "./refunds.ts";

const RANGE_MS_MAX = 31 * 86_400_000;
const PAGE_SIZE_MAX = 500;

/** GET /v1/reporting/transactions. */
export function listTransactions(account: Account, query: URLSearchParams): object {
  const [start, end] = ["start_date", "end_date"].map((name) => Date.parse(query.get(name) ?? ""));
  if (start === undefined || end === undefined || !(end >= start) || end - start > RANGE_MS_MAX)
    throw invalid(
      "INVALID_PARAMETER_VALUE",
      "start_date and end_date are required and at most 31 days apart.",
    );
  const size = Number(query.get("page_size") ?? 100);
  const page = Number(query.get("page") ?? 1);
  if (!(size >= 1 && size <= PAGE_SIZE_MAX) || !(page >= 1))
    throw invalid("INVALID_PARAMETER_VALUE", "page_size is 1 to 500, page from 1.");
  const rows = account
    .all<Transaction>("transactions")
    .filter(({ transaction_initiation_date: at }) => Date.parse(at) >= start && Date.parse(at) <= end);
  return {
    transaction_details: rows.slice((page - 1) * size, page * size).map((row) => ({ transaction_info: row })),
    start_date: query.get("start_date"),
    end_date: query.get("end_date"),
    last_refreshed_datetime: account.time(),
    page,
    total_items: rows.length,
    total_pages: Math.ceil(rows.length / size),
    links: [],
  };
}

export interface PaymentBooks {
  charges: number;
  /** In the smallest unit that PayPal counts, as decimal digits. */
  charged: string;
  refunded: string;
  disputes: number;
  currency: string;
  orders: string[];
}

/** What happened to each payment by our id (`custom_id`), counted from the captures: for tests, and for people. */
export function booksOf(account: Account): Record<string, PaymentBooks> {
  const books: Record<string, PaymentBooks> = Object.create(null) as Record<string, PaymentBooks>;
  const disputed = account.all<Dispute>("disputes").flatMap((dispute) => dispute.disputed_transactions);
  for (const capture of account.all<Capture>("captures")) {
    if (capture.status === "DECLINED" || capture.status === "PENDING") continue;
    const { units, currency } = unitsOf(capture.amount);
    const order = capture.supplementary_data.related_ids.order_id;
    const key = capture.custom_id ?? order;
    const one = (books[key] ??= {
      charges: 0,
      charged: "0",
      refunded: "0",
      disputes: 0,
      currency,
      orders: [],
    });
    one.charges += 1;
    one.charged = (BigInt(one.charged) + units).toString();
    one.refunded = (BigInt(one.refunded) + refundedOf(account, capture.id)).toString();
    one.disputes += disputed.filter((row) => row.seller_transaction_id === capture.id).length;
    one.orders.push(order);
  }
  return books;
}
