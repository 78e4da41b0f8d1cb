import { fromMinor } from "#domain/money/minor-units.ts";
import {
  attemptSource,
  disputeMovements,
  disputeSource,
  type Movement,
  type NewPayment,
  type Payment,
  refundableMinor,
  refundParts,
  refundSource,
  unrecordedReceipt,
} from "#domain/payments/payment.ts";
import type {
  AskedMovement,
  AskedRefund,
  AttemptStanding,
  NewAttempt,
  PaymentPage,
  PaymentStore,
  RefundOpening,
  ToldDispute,
} from "#domain/payments/payment-store.ts";
import type { PaymentProviderName } from "#domain/payments/ports.ts";
import type { RechargeHistory } from "#domain/payments/recharge-limits.ts";
import { type PaymentRow, wholePayments } from "./payment-rows.ts";
import { asTenant, inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

type Reads = Pick<PaymentStore, "get" | "list" | "ofProviderPayment" | "unbooked">;
type Movements = Pick<
  PaymentStore,
  "recordTransfer" | "openRefund" | "returnRefund" | "recordDispute" | "markBooked"
>;

/** Payments (0017_payments.sql). */
export function createPaymentStore(pool: Pool): PaymentStore {
  return {
    ...reads(pool),
    ...movements(pool),
    open: (payment, now) =>
      inTransaction(pool, async (client) => {
        await insertPayment(client, payment, now);
        return existingPayment(client, payment.paymentId);
      }),
    async setState(paymentId, { state, because, actionUrl }, now) {
      await onPostgres(() =>
        pool.query(
          `UPDATE payments SET state = $2, because = $3, action_url = $4, updated_at = to_timestamp($5::float8 / 1000)
            WHERE payment_id = $1 AND ($2 = 'paid' OR state NOT IN ('paid', 'declined', 'abandoned', 'cancelled', 'uncollectible'))`,
          [paymentId, state, because, actionUrl, now],
        ),
      );
    },
    async beginAttempt(paymentId, attempt, now) {
      const payment = await written(pool, paymentId, (client, { tenantId }) =>
        insertAttempt(client, paymentId, tenantId, attempt, now),
      );
      return payment.attempts.find(({ number }) => number === attempt.number)!;
    },
    recordStanding: (paymentId, attempt, standing, now) =>
      written(pool, paymentId, (client, payment) => recordStanding(client, payment, attempt, standing, now)),
    admitRecharge: (payment, monthStart, judge, now) =>
      inTransaction(pool, async (client) => {
        await client.query("SELECT pg_advisory_xact_lock(hashtextextended('catalyst.recharge', 0))");
        if ((await findPayment(client, payment.paymentId)) !== null) return { kind: "allowed" };
        const verdict = judge(await rechargeHistory(client, payment, monthStart, now));
        if (verdict.kind === "allowed") await insertPayment(client, payment, now);
        return verdict;
      }),
  };
}

function reads(pool: Pool): Reads {
  const read = <Result>(
    readAs: string | undefined,
    work: (client: Client | Pool) => Promise<Result>,
  ): Promise<Result> => (readAs === undefined ? onPostgres(() => work(pool)) : asTenant(pool, readAs, work));
  return {
    get: (paymentId, readAs) => read(readAs, (client) => findPayment(client, paymentId)),
    list: (filter, page, readAs) => read(readAs, (client) => listPayments(client, filter, page)),
    ofProviderPayment: (provider, providerPaymentId) =>
      onPostgres(() => findByProvider(pool, provider, providerPaymentId)),
    unbooked: (before, limit) => onPostgres(() => findUnbooked(pool, before, limit)),
  };
}

function movements(pool: Pool): Movements {
  return {
    recordTransfer: (paymentId, transfer, now) =>
      written(pool, paymentId, (client, payment) => addOnce(client, payment, "receipt", transfer, now)),
    openRefund: (paymentId, refund, now) =>
      inTransaction(pool, (client) => openRefund(client, paymentId, refund, now)),
    returnRefund: (paymentId, { refundId, from, ...by }, now) =>
      written(pool, paymentId, async (client, payment) => {
        const source = refundSource(refundId, from);
        const opened = payment.movements.find((one) => one.source === source && one.kind === "refund");
        if (opened === undefined) return;
        const { amountMinor } = opened;
        await addOnce(client, payment, "refund_returned", { source, amountMinor, ...by }, now);
      }),
    recordDispute: (paymentId, dispute, now) =>
      written(pool, paymentId, (client, payment) => recordDispute(client, payment, dispute, now)),
    async markBooked(paymentId, numbers, now) {
      await onPostgres(() =>
        pool.query(
          `UPDATE payment_movements SET booked_at = to_timestamp($3::float8 / 1000)
            WHERE payment_id = $1 AND number = ANY($2::integer[]) AND booked_at IS NULL`,
          [paymentId, numbers, now],
        ),
      );
    },
  };
}

/** Runs `work` on the payment as it stands, which nobody else writes meanwhile, and answers how it stands then. */
function written(
  pool: Pool,
  paymentId: string,
  work: (client: Client, payment: Payment) => Promise<void>,
): Promise<Payment> {
  return inTransaction(pool, async (client) => {
    await work(client, await lockedPayment(client, paymentId));
    return existingPayment(client, paymentId);
  });
}

async function findByProvider(
  pool: Pool,
  provider: PaymentProviderName,
  providerPaymentId: string,
): Promise<Payment | null> {
  const { rows } = await pool.query<PaymentRow>(
    `SELECT p.* FROM payments p JOIN payment_attempts a USING (payment_id)
      WHERE a.provider = $1 AND (a.provider_payment_id = $2 OR a.former_payment_id = $2) LIMIT 1`,
    [provider, providerPaymentId],
  );
  return (await wholePayments(pool, rows))[0] ?? null;
}

async function findUnbooked(pool: Pool, before: number, limit: number): ReturnType<PaymentStore["unbooked"]> {
  const { rows } = await pool.query<PaymentRow>(
    `SELECT p.* FROM payments p JOIN (
       SELECT payment_id, min(recorded_at) AS oldest FROM payment_movements
        WHERE booked_at IS NULL AND recorded_at < to_timestamp($1::float8 / 1000) GROUP BY payment_id) m USING (payment_id)
      ORDER BY m.oldest, payment_id LIMIT $2`,
    [before, limit],
  );
  return (await wholePayments(pool, rows)).map((payment) => ({
    payment,
    movements: payment.movements.filter((one) => one.bookedAt === null && one.recordedAt < before),
  }));
}

async function insertAttempt(
  client: Client,
  paymentId: string,
  tenantId: string,
  attempt: NewAttempt,
  now: number,
): Promise<void> {
  await client.query(
    `INSERT INTO payment_attempts (payment_id, number, tenant_id, provider, amount_minor, customer_id, payment_method_id, started_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::float8 / 1000)) ON CONFLICT (payment_id, number) DO NOTHING`,
    [
      paymentId,
      attempt.number,
      tenantId,
      attempt.provider,
      attempt.amountMinor.toString(),
      attempt.customerId,
      attempt.paymentMethodId,
      now,
    ],
  );
}

async function insertPayment(client: Client, payment: NewPayment, now: number): Promise<void> {
  await client.query(
    `INSERT INTO payments (payment_id, tenant_id, wallet_id, purpose, invoice_id, invoice_number, amount_minor, currency, due_at, actor,
       created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9::float8 / 1000), $10, to_timestamp($11::float8 / 1000),
       to_timestamp($11::float8 / 1000)) ON CONFLICT (payment_id) DO NOTHING`,
    [
      payment.paymentId,
      payment.tenantId,
      payment.walletId,
      payment.purpose,
      payment.invoiceId,
      payment.invoiceNumber,
      payment.amountMinor.toString(),
      payment.currency,
      payment.dueAt,
      payment.actor,
      now,
    ],
  );
}

async function findPayment(on: Client | Pool, paymentId: string): Promise<Payment | null> {
  const { rows } = await on.query<PaymentRow>("SELECT * FROM payments WHERE payment_id = $1", [paymentId]);
  return (await wholePayments(on, rows))[0] ?? null;
}

async function existingPayment(on: Client, paymentId: string): Promise<Payment> {
  const payment = await findPayment(on, paymentId);
  if (payment === null) throw new Error(`there is no payment ${paymentId}`);
  return payment;
}

async function lockedPayment(client: Client, paymentId: string): Promise<Payment> {
  await client.query("SELECT FROM payments WHERE payment_id = $1 FOR UPDATE", [paymentId]);
  return existingPayment(client, paymentId);
}

/** A cursor is "<epoch ms>:<payment id>" of the last row. */
const CURSOR = /^(\d{1,15}):([A-Za-z0-9-]{1,100})$/;

async function listPayments(
  on: Client | Pool,
  { tenantId, state }: Parameters<PaymentStore["list"]>[0],
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<PaymentPage> {
  const [, at = null, id = null] = CURSOR.exec(after ?? "") ?? [];
  const { rows } = await on.query<PaymentRow>(
    `SELECT * FROM payments
      WHERE ($1::text IS NULL OR tenant_id = $1) AND ($2::text IS NULL OR state = $2)
        AND ($3::float8 IS NULL OR (created_at, payment_id) < (to_timestamp($3::float8 / 1000), $4))
      ORDER BY created_at DESC, payment_id DESC LIMIT $5`,
    [tenantId, state, at, id, limit + 1],
  );
  const payments = await wholePayments(on, rows.slice(0, limit));
  const last = payments.at(-1);
  const next = rows.length > limit && last !== undefined ? `${last.createdAt}:${last.paymentId}` : null;
  return { payments, next };
}

async function recordStanding(
  client: Client,
  payment: Payment,
  attempt: number,
  { providerPaymentId, state }: AttemptStanding,
  now: number,
): Promise<void> {
  const before = payment.attempts.find(({ number }) => number === attempt);
  if (before === undefined) throw new Error(`payment ${payment.paymentId} has no attempt ${attempt}`);
  // What has succeeded stays so, whatever an older answer says.
  const next = before.state === "succeeded" ? before.state : state.kind;
  await client.query(
    `UPDATE payment_attempts SET state = $3, code = $4,
       former_payment_id = CASE WHEN provider_payment_id <> $5 THEN provider_payment_id ELSE former_payment_id END,
       provider_payment_id = coalesce($5, provider_payment_id) WHERE payment_id = $1 AND number = $2`,
    [
      payment.paymentId,
      attempt,
      next,
      state.kind === "declined" ? state.code : before.code,
      providerPaymentId,
    ],
  );
  if (state.kind !== "succeeded") return;
  const amountMinor = unrecordedReceipt(payment.movements, attempt, state.receivedMinor);
  if (amountMinor === 0n) return;
  const what =
    payment.invoiceNumber === null ? payment.purpose.replace("_", "-") : `invoice ${payment.invoiceNumber}`;
  await addMovement(
    client,
    payment,
    "receipt",
    {
      source: attemptSource(attempt),
      amountMinor,
      reason: `${what} paid by ${before.provider}`,
      actor: payment.actor,
    },
    now,
  );
}

async function openRefund(
  client: Client,
  paymentId: string,
  { refundId, amountMinor, ...by }: AskedRefund,
  now: number,
): Promise<RefundOpening> {
  await client.query("SELECT FROM payments WHERE payment_id = $1 FOR UPDATE", [paymentId]);
  const payment = await findPayment(client, paymentId);
  if (payment === null) return { kind: "unknown" };
  const prefix = refundSource(refundId, "");
  if (payment.movements.some((one) => one.source.startsWith(prefix))) return { kind: "opened", payment };
  const parts = refundParts(payment.movements, amountMinor);
  if (parts === null) return { kind: "exceeds", refundableMinor: refundableMinor(payment.movements) };
  for (const part of parts) {
    const asked = { ...by, source: refundSource(refundId, part.from), amountMinor: part.amountMinor };
    await addMovement(client, payment, "refund", asked, now);
  }
  return { kind: "opened", payment: await existingPayment(client, paymentId) };
}

async function recordDispute(
  client: Client,
  payment: Payment,
  { news, attempt, ...asked }: ToldDispute,
  now: number,
): Promise<void> {
  const source = disputeSource(attempt);
  const { rows } = await client.query<{ ended: "won" | "lost" }>(
    "SELECT ended FROM payment_disputes WHERE payment_id = $1 AND source = $2",
    [payment.paymentId, source],
  );
  const taken = payment.movements.find((one) => one.source === source && one.kind === "dispute");
  // What is given back is what was taken, whatever is told later.
  const amountMinor = taken?.amountMinor ?? asked.amountMinor;
  for (const kind of disputeMovements(payment.movements, source, news, rows[0]?.ended ?? null))
    await addMovement(client, payment, kind, { ...asked, source, amountMinor }, now);
  if (news === "dispute_opened") return;
  await client.query(
    `INSERT INTO payment_disputes (payment_id, source, tenant_id, ended, ended_at)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000)) ON CONFLICT DO NOTHING`,
    [payment.paymentId, source, payment.tenantId, news === "dispute_won" ? "won" : "lost", now],
  );
}

async function addOnce(
  client: Client,
  payment: Payment,
  kind: Movement["kind"],
  asked: AskedMovement,
  now: number,
): Promise<void> {
  const known = payment.movements.some((one) => one.source === asked.source && one.kind === kind);
  if (!known) await addMovement(client, payment, kind, asked, now);
}

/** The payment's row is locked: its next number is nobody else's. */
async function addMovement(
  client: Client,
  { paymentId, tenantId }: Payment,
  kind: Movement["kind"],
  { source, amountMinor, reason, actor }: AskedMovement,
  now: number,
): Promise<void> {
  await client.query(
    `INSERT INTO payment_movements (payment_id, number, tenant_id, kind, amount_minor, source, reason, actor, recorded_at)
     SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7, to_timestamp($8::float8 / 1000)
       FROM payment_movements WHERE payment_id = $1`,
    [paymentId, tenantId, kind, amountMinor.toString(), source, reason, actor, now],
  );
}

async function rechargeHistory(
  client: Client,
  { tenantId, currency }: NewPayment,
  monthStart: number,
  now: number,
): Promise<RechargeHistory> {
  const { rows } = await client.query<{ platform: number; hour: number; day: number; month: string }>(
    `SELECT count(*) FILTER (WHERE created_at > to_timestamp($2::float8 / 1000) - interval '1 minute')::integer AS platform,
            count(*) FILTER (WHERE tenant_id = $1 AND created_at > to_timestamp($2::float8 / 1000) - interval '1 hour')::integer AS hour,
            count(*) FILTER (WHERE tenant_id = $1 AND created_at > to_timestamp($2::float8 / 1000) - interval '1 day')::integer AS day,
            coalesce(sum(amount_minor) FILTER (WHERE tenant_id = $1 AND currency = $4 AND created_at >= to_timestamp($3::float8 / 1000)
              AND state NOT IN ('declined', 'abandoned', 'cancelled', 'uncollectible')), 0) AS month
       FROM payments WHERE purpose = 'auto_recharge'
        AND created_at >= to_timestamp(least($3, $2 - 86400000)::float8 / 1000)`,
    [tenantId, now, monthStart, currency],
  );
  const { platform, hour, day, month } = rows[0]!;
  return {
    platformLastMinute: platform,
    tenantLastHour: hour,
    tenantLastDay: day,
    tenantThisMonth: fromMinor(BigInt(month), currency),
  };
}
