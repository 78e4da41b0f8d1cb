import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { formatMinor, toMinor } from "#domain/money/minor-units.ts";
import { type Money, parseMoney } from "#domain/money/money.ts";
import {
  disputedMinor,
  MOVEMENT_KINDS,
  type Movement,
  movementEventId,
  type Payment,
  PAYMENT_PURPOSES,
  PAYMENT_STATES,
  receivedMinor,
  refundedMinor,
} from "#domain/payments/payment.ts";
import { paymentCollectionWorkflowId } from "#workflows/payment-collection/api.ts";
import { actorOf } from "./authenticate.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import { fieldProblem, ProblemError } from "./problems.ts";
import { isoTime, TENANT_EXAMPLE, TIME_EXAMPLE, UUID_EXAMPLE } from "./schemas.ts";

export const paymentParams = z.object({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/, "must be a payment_id")
    .describe("The payment_id"),
});

const fields = z.object({
  payment_id: z.string(),
  tenant_id: z.string(),
  wallet_id: z.string(),
  purpose: z.enum(PAYMENT_PURPOSES),
  invoice_number: z.string().nullable(),
  amount: z.string(),
  currency: z.string(),
  received: z.string(),
  refunded: z.string(),
  disputed: z.string().describe("Taken back by the payer's bank"),
  state: z.enum(PAYMENT_STATES),
  because: z.string().nullable().describe("Why it stands so: the provider's code of a decline"),
  action_url: z.string().nullable().describe("Where the payer must act"),
  due_at: z.string().nullable(),
  attempts: z.array(
    z.object({
      number: z.int(),
      provider: z.string(),
      amount: z.string(),
      state: z.string(),
      code: z.string().nullable(),
      started_at: z.string(),
    }),
  ),
  movements: z.array(
    z.object({
      kind: z.enum(MOVEMENT_KINDS),
      amount: z.string(),
      reason: z.string(),
      actor: z.string(),
      transaction_id: z.string().describe("Of the wallet's entry"),
      recorded_at: z.string(),
      booked: z.boolean().describe("Whether the ledger has it"),
    }),
  ),
  workflow_id: z.string(),
  created_at: z.string(),
});

export type PaymentBody = z.infer<typeof fields>;

export const PAYMENT_EXAMPLE: PaymentBody = {
  payment_id: UUID_EXAMPLE,
  tenant_id: TENANT_EXAMPLE,
  wallet_id: UUID_EXAMPLE,
  purpose: "top_up",
  invoice_number: null,
  amount: "100.00",
  currency: "USD",
  received: "0.00",
  refunded: "0.00",
  disputed: "0.00",
  state: "requires_action",
  because: null,
  action_url: "https://checkout.stripe.com/c/pay/cs_1",
  due_at: null,
  attempts: [
    {
      number: 1,
      provider: "stripe",
      amount: "100.00",
      state: "requires_action",
      code: null,
      started_at: TIME_EXAMPLE,
    },
  ],
  movements: [],
  workflow_id: `payment-${UUID_EXAMPLE}`,
  created_at: TIME_EXAMPLE,
};

export const paymentBody = fields.meta({ id: "Payment", examples: [PAYMENT_EXAMPLE] });

export function toPaymentBody(payment: Payment): PaymentBody {
  const { movements, currency } = payment;
  const text = (minor: bigint): string => formatMinor(minor, currency);
  return {
    payment_id: payment.paymentId,
    tenant_id: payment.tenantId,
    wallet_id: payment.walletId,
    purpose: payment.purpose,
    invoice_number: payment.invoiceNumber,
    amount: text(payment.amountMinor),
    currency,
    received: text(receivedMinor(movements)),
    refunded: text(refundedMinor(movements)),
    disputed: text(disputedMinor(movements)),
    state: payment.state,
    because: payment.because,
    action_url: payment.actionUrl,
    due_at: payment.dueAt === null ? null : isoTime(payment.dueAt),
    attempts: payment.attempts.map(({ number, provider, amountMinor, state, code, startedAt }) => ({
      number,
      provider,
      amount: text(amountMinor),
      state,
      code,
      started_at: isoTime(startedAt),
    })),
    movements: movements.map((movement) => toMovementBody(payment, movement)),
    workflow_id: paymentCollectionWorkflowId(payment.paymentId),
    created_at: isoTime(payment.createdAt),
  };
}

function toMovementBody(
  { paymentId, currency }: Payment,
  movement: Movement,
): PaymentBody["movements"][number] {
  return {
    kind: movement.kind,
    amount: formatMinor(movement.amountMinor, currency),
    reason: movement.reason,
    actor: movement.actor,
    transaction_id: movementEventId(paymentId, movement),
    recorded_at: isoTime(movement.recordedAt),
    booked: movement.bookedAt !== null,
  };
}

/** The payment, if the actor may see it: a tenant sees its own alone, and of others what it would see of none. */
export async function visiblePayment(
  request: FastifyRequest,
  { payments }: Pick<GatewayDependencies, "payments">,
  paymentId: string,
): Promise<Payment> {
  const actor = actorOf(request);
  const readAs = actor.kind === "tenant" ? actor.tenantId : undefined;
  const payment = await payments.store.get(paymentId, readAs);
  if (payment === null) throw new ProblemError("not_found", `There is no payment ${paymentId}.`);
  return payment;
}

/** An amount of a request in minor units. Throws `validation_failed` where it is no whole number of them. */
export function minorOf(amount: string, currency: string): bigint {
  const minor = toMinor(parseMoney(amount) as Money, currency);
  // Eighteen digits are what providers and flows carry.
  if (minor !== null && minor < 10n ** 18n) return minor;
  throw fieldProblem(
    "amount",
    `must be a whole number of ${currency}'s smallest unit, such as ${formatMinor(100n, currency)}`,
  );
}
