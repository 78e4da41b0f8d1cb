import { ApplicationFailure } from "@temporalio/common";
import { Rejected } from "#domain/errors.ts";
import { amountDueAt as dueOnInvoice } from "#domain/invoicing/standing.ts";
import { type Attempt, isSettled, type Payment, receivedMinor } from "#domain/payments/payment.ts";
import type { AttemptStanding } from "#domain/payments/payment-store.ts";
import type { Collection, PaymentProvider } from "#domain/payments/ports.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import {
  paymentCollectionWorkflowId,
  type AttemptMethod,
  type AttemptOutcome,
  type PaymentCollectionActivities,
  type PaymentCollectionInput,
} from "#workflows/payment-collection/api.ts";
import { paymentMail } from "../mails/payment.ts";
import { bookMovements } from "./booking.ts";
import { existingPayment, providerNamed, type PaymentDependencies } from "./dependencies.ts";
import { withHeartbeats } from "../heartbeats.ts";

/** A postpaid customer's own person must have a chance to see the mail first. */
const SUSPENSION_GRACE_SECONDS = 86_400;

/** What these throw is Unavailable (tried again), or says for good that tenant or wallet do not fit. */
export function createPaymentCollectionActivities(on: PaymentDependencies): PaymentCollectionActivities {
  return { ...atTheProvider(on), ...inTheBooks(on) };
}

type AtTheProvider = Pick<
  PaymentCollectionActivities,
  "collectPayment" | "attemptStanding" | "cancelAttempt"
>;

function atTheProvider(on: PaymentDependencies): AtTheProvider {
  const { payments, clock } = on;
  return {
    collectPayment: ({ paymentId, attempt, amountMinor, method }) =>
      withHeartbeats(async () => {
        const payment = await existingPayment(on, paymentId);
        const payer = await payerOf(on, payment, method);
        const known = payment.attempts.find(({ number }) => number === attempt);
        if (payer === null && known === undefined) return NO_PROVIDER;
        const begun =
          known ??
          (await payments.beginAttempt(
            paymentId,
            { number: attempt, amountMinor: BigInt(amountMinor), ...payer! },
            clock.now(),
          ));
        return collected(on, payment, begun);
      }),

    attemptStanding: ({ paymentId, attempt }) =>
      withHeartbeats(() => standing(on, paymentId, attempt, (provider, id) => provider.standing(id))),

    cancelAttempt: ({ paymentId, attempt }) =>
      withHeartbeats(() => standing(on, paymentId, attempt, (provider, id) => provider.cancel(id))),
  };
}

function inTheBooks(on: PaymentDependencies): Omit<PaymentCollectionActivities, keyof AtTheProvider> {
  const { payments, clock } = on;
  return {
    async openPayment(input) {
      const tenant = await payingTenant(on, input);
      const standing = input.invoiceId === null ? null : await on.invoices.standing(input.invoiceId);
      const payment = await payments.open(
        { ...input, amountMinor: BigInt(input.amountMinor), dueAt: standing?.dueAt ?? null },
        clock.now(),
      );
      const { suspension } = tenant;
      return {
        state: payment.state,
        dueAt: payment.dueAt,
        unsettled: payment.attempts.filter((one) => !isSettled(one)).map(({ number }) => number),
        lastAttempt: payment.attempts.at(-1)?.number ?? 0,
        bookedUpTo: Math.max(
          0,
          ...payment.movements.filter(({ bookedAt }) => bookedAt !== null).map(({ number }) => number),
        ),
        dunningDays: on.dunningDays,
        suspensionGraceSeconds:
          suspension?.automatic === false ? null : (suspension?.graceSeconds ?? SUSPENSION_GRACE_SECONDS),
      };
    },

    async amountDue({ paymentId, at }) {
      const payment = await existingPayment(on, paymentId);
      const received = receivedMinor(payment.movements);
      const due = await amountDue(on, payment, received, at);
      return { dueMinor: (due > 0n ? due : 0n).toString(), receivedMinor: received.toString() };
    },

    async recordTransfer({ paymentId, reference, amountMinor, reason, actor }) {
      const transfer = { source: `transfer:${reference}`, amountMinor: BigInt(amountMinor), reason, actor };
      await payments.recordTransfer(paymentId, transfer, clock.now());
    },

    bookPayment: ({ paymentId, after }) =>
      withHeartbeats(async () => {
        const payment = await existingPayment(on, paymentId);
        await bookMovements(on, payment);
        const receipts = payment.movements.filter(({ kind, number }) => kind === "receipt" && number > after);
        return {
          receipts: receipts.map(({ number, amountMinor }) => ({
            number,
            amountMinor: amountMinor.toString(),
          })),
        };
      }),

    async setPaymentState({ paymentId, ...change }) {
      await payments.setState(paymentId, change, clock.now());
    },

    async mailPayment({ paymentId, amountMinor, ...mail }) {
      const payment = await existingPayment(on, paymentId);
      const tenant = await on.tenants.get(payment.tenantId);
      if (tenant === null || tenant.email === null) return { kind: "none" };
      const payUrl = on.links.urlOf(paymentId);
      const { name, email } = tenant;
      return on.mailer.send(
        paymentMail({ ...mail, payment, name, email, payUrl, amountMinor: BigInt(amountMinor) }),
      );
    },
  };
}

const NO_PROVIDER: AttemptOutcome = {
  kind: "no_provider",
  provider: null,
  actionUrl: null,
  code: null,
  retryable: false,
};

async function payingTenant(
  { tenants }: PaymentDependencies,
  { tenantId, walletId, currency }: PaymentCollectionInput,
): Promise<TenantConfiguration> {
  const tenant = await tenants.get(tenantId);
  const wallet = tenant?.wallets.find((one) => one.walletId === walletId);
  const problem =
    tenant === null
      ? `there is no tenant ${tenantId}`
      : wallet === undefined
        ? `${walletId} is no wallet of ${tenantId}`
        : wallet.currency !== currency
          ? `the wallet is in ${wallet.currency}, not in ${currency}`
          : null;
  if (problem === null) return tenant!;
  throw ApplicationFailure.nonRetryable(problem, "Validation");
}

/** Minor units; an invoice's is what is open on it, less what is taken off for paying early. */
async function amountDue(
  { invoices }: PaymentDependencies,
  { invoiceId, amountMinor }: Payment,
  received: bigint,
  at: number,
): Promise<bigint> {
  const standing = invoiceId === null ? null : await invoices.standing(invoiceId);
  return standing === null ? amountMinor - received : dueOnInvoice(standing, at);
}

type Payer = Pick<Attempt, "provider" | "customerId" | "paymentMethodId">;

/** Null: the tenant pays by bank transfer. */
async function payerOf(
  { tenants, provider }: PaymentDependencies,
  { tenantId }: Payment,
  method: AttemptMethod,
): Promise<Payer | null> {
  const settings = (await tenants.get(tenantId))?.payment;
  const chosen = method.kind === "own" ? method : settings;
  if (chosen === undefined || chosen === null || provider(chosen.provider) === null) return null;
  return {
    provider: chosen.provider,
    customerId: chosen.customerId,
    paymentMethodId: method.kind === "payer" ? null : chosen.paymentMethodId,
  };
}

/** Asks the provider to collect, always with what the attempt was begun with: the provider knows a repetition by it. */
async function collected(
  on: PaymentDependencies,
  payment: Payment,
  attempt: Attempt,
): Promise<AttemptOutcome> {
  const { tenantId, paymentId, currency } = payment;
  const collection: Collection = {
    idempotencyKey: `${paymentCollectionWorkflowId(paymentId)}-${attempt.number}`,
    paymentId,
    tenantId,
    currency,
    amountMinor: attempt.amountMinor,
    customerId: attempt.customerId,
    paymentMethodId: attempt.paymentMethodId,
    description: payment.invoiceNumber === null ? "Top-up" : `Invoice ${payment.invoiceNumber}`,
  };
  const provider = providerNamed(on, attempt.provider);
  return written(on, payment, attempt, await orRefused(() => provider.collect(collection)));
}

/** How an attempt stands by `ask`. One whose provider has not answered yet is asked for again first. */
async function standing(
  on: PaymentDependencies,
  paymentId: string,
  number: number,
  ask: (provider: PaymentProvider, providerPaymentId: string) => Promise<AttemptStanding | null>,
): Promise<AttemptOutcome> {
  const before = await existingPayment(on, paymentId);
  const attempt = before.attempts.find((one) => one.number === number);
  if (attempt === undefined)
    throw ApplicationFailure.nonRetryable(`${paymentId} has no attempt ${number}`, "UnknownPayment");
  if (isSettled(attempt)) return outcomeOf(attempt, { kind: attempt.state as "succeeded" | "cancelled" });
  if (attempt.providerPaymentId === null) await collected(on, before, attempt);
  const payment = await existingPayment(on, paymentId);
  const { providerPaymentId } = payment.attempts.find((one) => one.number === number)!;
  const gone: AttemptStanding = { providerPaymentId, state: { kind: "cancelled" } };
  if (providerPaymentId === null) return written(on, payment, attempt, gone);
  const provider = providerNamed(on, attempt.provider);
  const told = await orRefused(async () => (await ask(provider, providerPaymentId)) ?? gone);
  return written(on, payment, attempt, told);
}

/** A provider's refusal is an answer: it made nothing, and asking again would not change its mind. */
async function orRefused(
  ask: () => Promise<AttemptStanding>,
): Promise<AttemptStanding & { refused?: Rejected }> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return { providerPaymentId: null, state: { kind: "cancelled" }, refused: error };
  }
}

async function written(
  on: PaymentDependencies,
  payment: Payment,
  attempt: Attempt,
  { refused, ...told }: AttemptStanding & { refused?: Rejected },
): Promise<AttemptOutcome> {
  const { payments, fees, clock } = on;
  const { paymentId, tenantId, currency } = payment;
  await payments.recordStanding(paymentId, attempt.number, told, clock.now());
  const { state } = told;
  if (state.kind === "succeeded" && state.feeMinor !== null && state.feeMinor > 0n) {
    const { provider, number } = attempt;
    const { feeMinor, at } = state;
    await fees.post({ paymentId, tenantId, attempt: number, provider, feeMinor, currency, at });
  }
  return refused === undefined
    ? outcomeOf(attempt, state)
    : { ...outcomeOf(attempt, state), kind: "declined", code: refused.code };
}

function outcomeOf(
  { provider }: Attempt,
  state: AttemptStanding["state"] | { readonly kind: "succeeded" | "cancelled" },
): AttemptOutcome {
  return {
    kind: state.kind,
    provider,
    actionUrl: state.kind === "requires_action" ? state.actionUrl : null,
    code: state.kind === "declined" ? state.code : null,
    retryable: state.kind === "declined" && state.retryable,
  };
}
