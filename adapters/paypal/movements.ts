import type { ProviderMovement } from "#domain/payments/ports.ts";
import { fromPaypalAmount } from "./amounts.ts";
import { onPaypal, type PaypalClient } from "./client.ts";
import type { PaypalTransaction } from "./resources.ts";

const HOUR_MS = 3_600_000;
const PAGE = 100;
/** PayPal's most. */
const REPORT_PAGE = 500;

interface Report {
  readonly transaction_details?: readonly { readonly transaction_info: PaypalTransaction }[];
  readonly total_pages?: number;
}

/**
 * The account's report in [from, to), oldest first; an hour is read whole and put in order, so that memory is bounded by an hour's movements.
 * The report follows three hours behind: ask for what is older.
 */
export async function* movementsOf(
  client: PaypalClient,
  from: number,
  to: number,
): AsyncIterable<readonly ProviderMovement[]> {
  for (let start = from; start < to; start += HOUR_MS) {
    const hour = await hourOf(client, start, Math.min(start + HOUR_MS, to));
    for (let index = 0; index < hour.length; index += PAGE) yield hour.slice(index, index + PAGE);
  }
}

async function hourOf(client: PaypalClient, from: number, to: number): Promise<ProviderMovement[]> {
  const movements: ProviderMovement[] = [];
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const query = new URLSearchParams({
      start_date: new Date(from).toISOString(),
      end_date: new Date(to).toISOString(),
      fields: "transaction_info",
      page_size: String(REPORT_PAGE),
      page: String(page),
    });
    const report = await onPaypal(() => client.get<Report>(`/v1/reporting/transactions?${query}`));
    pages = report.total_pages ?? 0;
    for (const { transaction_info: row } of report.transaction_details ?? [])
      movements.push(...movementOf(row));
  }
  // PayPal's end is inclusive: an hour's last moment belongs to the next.
  return movements.filter(({ at }) => at >= from && at < to).sort((one, other) => one.at - other.at);
}

/** Successful and reversed rows moved the balance; pending and denied ones did not. */
function movementOf(row: PaypalTransaction): ProviderMovement[] {
  if (row.transaction_status === "P" || row.transaction_status === "D") return [];
  const fee = row.fee_amount === undefined ? 0n : fromPaypalAmount(row.fee_amount);
  return [
    {
      // One id may stand in the report several times, under different codes.
      providerMovementId: `${row.transaction_id}:${row.transaction_event_code}`,
      kind: kindOf(row.transaction_event_code),
      providerPaymentId: row.paypal_reference_id_type === "ODR" ? (row.paypal_reference_id ?? null) : null,
      paymentId: row.custom_field ?? null,
      amountMinor: fromPaypalAmount(row.transaction_amount),
      // Written as what it does to the balance.
      feeMinor: fee === 0n ? 0n : -fee,
      currency: row.transaction_amount.currency_code,
      at: Date.parse(row.transaction_initiation_date),
    },
  ];
}

/** https://developer.paypal.com/docs/transaction-search/transaction-event-codes/ */
function kindOf(code: string): ProviderMovement["kind"] {
  if (code.startsWith("T00")) return "payment";
  if (code.startsWith("T04")) return "payout";
  if (code === "T1106" || code === "T1108" || code === "T1110" || code === "T1111" || code.startsWith("T12"))
    return "dispute";
  return code.startsWith("T11") ? "refund" : "fee";
}
