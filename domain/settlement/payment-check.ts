import { fromMinor } from "#domain/money/minor-units.ts";
import type { Money } from "#domain/money/money.ts";
import type { PaymentProviderName, ProviderMovement } from "#domain/payments/ports.ts";
import { shownAmount, type Difference, type DifferenceKind } from "./differences.ts";

/** A payment as our books have it: credited, with what was given back since. Minor units. */
export interface RecordedPayment {
  readonly paymentId: string;
  readonly providerPaymentId: string;
  readonly tenantId: string;
  readonly currency: string;
  readonly receivedMinor: bigint;
  /** Null where the provider told none when it was recorded. */
  readonly feeMinor: bigint | null;
  /** Refunds and lost disputes, all of them. */
  readonly givenBackMinor: bigint;
  /** Epoch ms at which the provider collected it. */
  readonly at: number;
}

/** One provider over one day, in one currency. */
export interface ProviderDay {
  readonly provider: PaymentProviderName;
  readonly currency: string;
  readonly payments: number;
  /** Signed, as the account at the provider moved. */
  readonly paidMinor: bigint;
  readonly givenBackMinor: bigint;
  /** What the provider kept: positive. */
  readonly feesMinor: bigint;
  /** To the bank: negative. */
  readonly paidOutMinor: bigint;
}

export interface PaymentComparison {
  readonly provider: PaymentProviderName;
  /** Epoch ms of the day; movements and payments around it may be given too, to match what midnight parts. */
  readonly from: number;
  readonly to: number;
  readonly movements: readonly ProviderMovement[];
  /** Those that the movements name, and those collected within the day. */
  readonly recorded: readonly RecordedPayment[];
}

/** The provider's word on every payment against ours, both ways: nothing collected is unknown here, nothing credited is unknown there. */
export function paymentDifferences(comparison: PaymentComparison): Difference[] {
  const { movements, recorded, from, to } = comparison;
  const within = ({ at }: { readonly at: number }): boolean => at >= from && at < to;
  const known = new Map(recorded.map((payment) => [payment.providerPaymentId, payment]));
  const moved = byPayment(movements);
  const found: Difference[] = [];
  for (const [id, of] of moved) {
    if (!of.some(within)) continue;
    const payment = known.get(id);
    if (payment === undefined) found.push(...unrecorded(comparison, id, of));
    else found.push(...differing(payment, of));
  }
  for (const payment of recorded)
    if (within(payment) && !moved.has(payment.providerPaymentId)) found.push(missing(comparison, payment));
  return found;
}

function byPayment(movements: readonly ProviderMovement[]): Map<string, ProviderMovement[]> {
  const grouped = new Map<string, ProviderMovement[]>();
  for (const movement of movements) {
    const { providerPaymentId: id, kind } = movement;
    if (id === null || kind === "payout") continue;
    const of = grouped.get(id) ?? [];
    grouped.set(id, of);
    of.push(movement);
  }
  return grouped;
}

function unrecorded(
  { provider, from, to }: PaymentComparison,
  id: string,
  of: readonly ProviderMovement[],
): Difference[] {
  const payments = of.filter(({ kind, at }) => kind === "payment" && at >= from && at < to);
  return payments.map(({ currency, amountMinor, paymentId }) => {
    const amount = fromMinor(amountMinor, currency);
    return {
      kind: "payment_unrecorded",
      tenantId: null,
      walletId: null,
      subject: id,
      currency,
      amount,
      explanation: `${provider} collected ${shownAmount(amount, currency)} as ${id}, which is recorded nowhere here; ${paymentId === null ? "it names no payment of ours: another system may use the account" : `it names our payment ${paymentId}`}`,
    };
  });
}

function missing({ provider }: PaymentComparison, payment: RecordedPayment): Difference {
  const amount = fromMinor(payment.receivedMinor, payment.currency);
  return ofPayment(
    payment,
    "payment_missing",
    amount,
    `payment ${payment.paymentId} credited ${shownAmount(amount, payment.currency)}, and ${provider} knows of no ${payment.providerPaymentId}`,
  );
}

function differing(payment: RecordedPayment, of: readonly ProviderMovement[]): Difference[] {
  const { currency, receivedMinor, feeMinor, givenBackMinor, paymentId } = payment;
  const sums = { payment: 0n, refund: 0n, dispute: 0n, fee: 0n, payout: 0n };
  let fees = 0n;
  for (const { kind, amountMinor, feeMinor: fee } of of) {
    sums[kind] += amountMinor;
    if (kind === "payment") fees += fee;
  }
  const found: Difference[] = [];
  const tell = (kind: DifferenceKind, minor: bigint, text: (amount: string) => string): void => {
    const amount = fromMinor(minor, currency);
    found.push(ofPayment(payment, kind, amount, text(shownAmount(amount, currency))));
  };
  const shown = (minor: bigint): string => shownAmount(fromMinor(minor, currency), currency);
  const foreign = of.find((movement) => movement.currency !== currency);
  if (foreign !== undefined)
    tell(
      "payment_differs",
      receivedMinor,
      () => `payment ${paymentId} is in ${currency} here and in ${foreign.currency} at the provider`,
    );
  else if (sums.payment !== 0n && sums.payment !== receivedMinor)
    tell(
      "payment_differs",
      sums.payment - receivedMinor,
      () =>
        `payment ${paymentId} was credited with ${shown(receivedMinor)}, the provider collected ${shown(sums.payment)}`,
    );
  else if (sums.payment !== 0n && feeMinor !== null && fees !== feeMinor)
    tell(
      "fee_differs",
      fees - feeMinor,
      () =>
        `the fee of payment ${paymentId} is recorded as ${shown(feeMinor)}, the provider kept ${shown(fees)}`,
    );
  // Ours are all of a payment's, the provider's those of a day: more than all is what nobody recorded.
  const back = -(sums.refund + sums.dispute);
  if (back > givenBackMinor)
    tell(
      "refund_unrecorded",
      back - givenBackMinor,
      (amount) =>
        `the provider gave back ${shown(back)} of payment ${paymentId}, of which ${amount} is recorded nowhere`,
    );
  return found;
}

function ofPayment(
  { tenantId, providerPaymentId, currency }: RecordedPayment,
  kind: DifferenceKind,
  amount: Money,
  explanation: string,
): Difference {
  return { kind, tenantId, walletId: null, subject: providerPaymentId, currency, amount, explanation };
}

/** What the day's movements come to, per currency. */
export function providerDays(
  provider: PaymentProviderName,
  movements: readonly ProviderMovement[],
): ProviderDay[] {
  const days = new Map<string, { -readonly [Field in keyof ProviderDay]: ProviderDay[Field] }>();
  for (const { kind, currency, amountMinor, feeMinor } of movements) {
    const day = days.get(currency) ?? {
      provider,
      currency,
      payments: 0,
      paidMinor: 0n,
      givenBackMinor: 0n,
      feesMinor: 0n,
      paidOutMinor: 0n,
    };
    days.set(currency, day);
    day.feesMinor += feeMinor;
    if (kind === "payment") {
      day.payments += 1;
      day.paidMinor += amountMinor;
    } else if (kind === "payout") day.paidOutMinor += amountMinor;
    else if (kind === "fee") day.feesMinor -= amountMinor;
    else day.givenBackMinor += amountMinor;
  }
  return [...days.values()].sort((one, other) => (one.currency < other.currency ? -1 : 1));
}

/** What the provider holds after the day, by all that it ever told. */
export function heldAfter(openingMinor: bigint, day: ProviderDay): bigint {
  return openingMinor + day.paidMinor + day.givenBackMinor - day.feesMinor + day.paidOutMinor;
}

/** More was paid out than the provider held: something that it collected was never told. */
export function payoutDifference(day: string, of: ProviderDay, openingMinor: bigint): Difference | null {
  const held = heldAfter(openingMinor, of);
  if (of.paidOutMinor === 0n || held >= 0n) return null;
  const amount = fromMinor(-held, of.currency);
  const paidOut = fromMinor(-of.paidOutMinor, of.currency);
  return {
    kind: "payout_unexplained",
    tenantId: null,
    walletId: null,
    subject: `${of.provider}:${of.currency}:${day}`,
    currency: of.currency,
    amount,
    explanation: `${of.provider} paid out ${shownAmount(paidOut, of.currency)}, which is ${shownAmount(amount, of.currency)} more than its movements explain`,
  };
}
