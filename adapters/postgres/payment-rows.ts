import type { Attempt, Movement, Payment } from "#domain/payments/payment.ts";
import type { Client, Pool } from "./pool.ts";

export interface PaymentRow {
  readonly payment_id: string;
  readonly tenant_id: string;
  readonly wallet_id: string;
  readonly purpose: Payment["purpose"];
  readonly invoice_id: string | null;
  readonly invoice_number: string | null;
  readonly amount_minor: string;
  readonly currency: string;
  readonly due_at: Date | null;
  readonly actor: string;
  readonly state: Payment["state"];
  readonly because: string | null;
  readonly action_url: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

interface AttemptRow {
  readonly payment_id: string;
  readonly number: number;
  readonly provider: Attempt["provider"];
  readonly amount_minor: string;
  readonly customer_id: string | null;
  readonly payment_method_id: string | null;
  readonly provider_payment_id: string | null;
  readonly state: Attempt["state"];
  readonly code: string | null;
  readonly started_at: Date;
}

interface MovementRow {
  readonly payment_id: string;
  readonly number: number;
  readonly kind: Movement["kind"];
  readonly amount_minor: string;
  readonly source: string;
  readonly reason: string;
  readonly actor: string;
  readonly recorded_at: Date;
  readonly booked_at: Date | null;
}

/** The payments of these rows with their attempts and movements, in the rows' order. */
export async function wholePayments(on: Client | Pool, rows: readonly PaymentRow[]): Promise<Payment[]> {
  if (rows.length === 0) return [];
  const ids = [rows.map((row) => row.payment_id)];
  const { rows: attempts } = await on.query<AttemptRow>(
    "SELECT * FROM payment_attempts WHERE payment_id = ANY($1::text[]) ORDER BY payment_id, number",
    ids,
  );
  const { rows: movements } = await on.query<MovementRow>(
    "SELECT * FROM payment_movements WHERE payment_id = ANY($1::text[]) ORDER BY payment_id, number",
    ids,
  );
  return rows.map((row) => ({
    ...paymentOf(row),
    attempts: attempts.filter((one) => one.payment_id === row.payment_id).map(attemptOf),
    movements: movements.filter((one) => one.payment_id === row.payment_id).map(movementOf),
  }));
}

function paymentOf(row: PaymentRow): Omit<Payment, "attempts" | "movements"> {
  return {
    paymentId: row.payment_id,
    tenantId: row.tenant_id,
    walletId: row.wallet_id,
    purpose: row.purpose,
    invoiceId: row.invoice_id,
    invoiceNumber: row.invoice_number,
    amountMinor: BigInt(row.amount_minor),
    currency: row.currency,
    dueAt: row.due_at?.getTime() ?? null,
    actor: row.actor,
    state: row.state,
    because: row.because,
    actionUrl: row.action_url,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  };
}

function attemptOf(row: AttemptRow): Attempt {
  return {
    number: row.number,
    provider: row.provider,
    amountMinor: BigInt(row.amount_minor),
    customerId: row.customer_id,
    paymentMethodId: row.payment_method_id,
    providerPaymentId: row.provider_payment_id,
    state: row.state,
    code: row.code,
    startedAt: row.started_at.getTime(),
  };
}

function movementOf(row: MovementRow): Movement {
  return {
    number: row.number,
    kind: row.kind,
    amountMinor: BigInt(row.amount_minor),
    source: row.source,
    reason: row.reason,
    actor: row.actor,
    recordedAt: row.recorded_at.getTime(),
    bookedAt: row.booked_at?.getTime() ?? null,
  };
}
