import { ApplicationFailure } from "@temporalio/common";
import type { InvoicePayments } from "#domain/invoicing/ports.ts";
import type { Mailer } from "#domain/mail/ports.ts";
import type { Payment } from "#domain/payments/payment.ts";
import type { PaymentFees } from "#domain/payments/payment-store.ts";
import type { PaymentProvider, PaymentProviderName } from "#domain/payments/ports.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import type { BookingDependencies } from "./booking.ts";

/** What everything about payments is done with. */
export interface PaymentDependencies extends BookingDependencies {
  readonly tenants: Pick<TenantStore, "get">;
  /** Null where the platform has no account there. */
  readonly provider: (name: PaymentProviderName) => PaymentProvider | null;
  readonly fees: PaymentFees;
  readonly invoices: InvoicePayments;
  readonly mailer: Mailer;
  readonly links: { urlOf(paymentId: string): string };
  /** Days after the due day on which a payment is tried. */
  readonly dunningDays: readonly number[];
  /** Told of what a person must do; empty: nobody. */
  readonly operatorEmail: string;
}

export async function existingPayment(
  { payments }: Pick<PaymentDependencies, "payments">,
  paymentId: string,
): Promise<Payment> {
  const payment = await payments.get(paymentId);
  if (payment !== null) return payment;
  throw ApplicationFailure.nonRetryable(`there is no payment ${paymentId}`, "UnknownPayment");
}

export function providerNamed(
  { provider }: Pick<PaymentDependencies, "provider">,
  name: PaymentProviderName,
): PaymentProvider {
  const found = provider(name);
  // Somebody took the account out of the configuration while its payments are open: it is waited for.
  if (found === null)
    throw ApplicationFailure.retryable(`${name} is not configured any more`, "NotConfigured");
  return found;
}
