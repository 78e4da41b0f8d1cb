import type { CollectionState } from "#domain/payments/ports.ts";

/** Trying the same card again never helps (https://docs.stripe.com/declines/codes). */
const FINAL: ReadonlySet<string> = new Set([
  "card_not_supported",
  "currency_not_supported",
  "duplicate_transaction",
  "expired_card",
  "fraudulent",
  "highest_risk_level",
  "incorrect_cvc",
  "incorrect_number",
  "incorrect_zip",
  "invalid_account",
  "invalid_amount",
  "invalid_cvc",
  "invalid_expiry_month",
  "invalid_expiry_year",
  "invalid_number",
  "live_mode_test_card",
  "lost_card",
  "merchant_blacklist",
  "new_account_information_available",
  "no_action_taken",
  "not_permitted",
  "pickup_card",
  "restricted_card",
  "revocation_of_all_authorizations",
  "revocation_of_authorization",
  "security_violation",
  "service_not_allowed",
  "stolen_card",
  "stop_payment_order",
  "testmode_decline",
  "transaction_not_allowed",
]);

/** What Stripe says of a payment that was refused. */
export interface PaymentError {
  readonly code?: string | undefined;
  readonly decline_code?: string | undefined;
  readonly advice_code?: string | undefined;
  readonly message?: string | undefined;
}

/** The bank wants the cardholder present: no refusal, the payer must act. */
export function asksForPayer({ code, decline_code }: PaymentError): boolean {
  return code === "authentication_required" || decline_code === "authentication_required";
}

export function declinedState(error: PaymentError): Extract<CollectionState, { kind: "declined" }> {
  const code = error.decline_code ?? error.code ?? "declined";
  return {
    kind: "declined",
    code,
    message: error.message ?? "The payment was declined.",
    retryable: isRetryable(code, error.advice_code),
  };
}

/** The bank's own advice counts more than the code. */
function isRetryable(code: string, advice: string | undefined): boolean {
  if (advice === "do_not_try_again" || advice === "confirm_card_data") return false;
  return advice === "try_again_later" || !FINAL.has(code);
}
