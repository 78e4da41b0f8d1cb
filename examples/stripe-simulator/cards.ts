/** How a payment method behaves when it is charged. */
export interface Behaviour {
  readonly type: "card" | "us_bank_account";
  readonly brand: string;
  readonly last4: string;
  /** Error code and decline code of a charge that is refused. */
  readonly decline?: { readonly code: string; readonly declineCode: string; readonly message: string };
  /** Strong customer authentication is asked for. */
  readonly authentication?: boolean;
  /** The money comes later, and its outcome with it. */
  readonly processing?: boolean;
  readonly refund?: "pending" | "failed";
  /** The cardholder disputes at once. */
  readonly dispute?: boolean;
}

const visa = { type: "card", brand: "visa", last4: "4242" } as const;

export function declinedBy(declineCode: string): NonNullable<Behaviour["decline"]> {
  const own = ["expired_card", "incorrect_cvc", "processing_error", "authentication_required"];
  return {
    code: own.includes(declineCode) ? declineCode : "card_declined",
    declineCode,
    message: MESSAGES[declineCode] ?? "Your card was declined.",
  };
}

const MESSAGES: Readonly<Record<string, string>> = {
  insufficient_funds: "Your card has insufficient funds.",
  expired_card: "Your card has expired.",
  incorrect_cvc: "Your card's security code is incorrect.",
  processing_error: "An error occurred while processing your card. Try again in a little bit.",
  authentication_required: "Your card was declined. This transaction requires authentication.",
};

/** Stripe's own test methods (https://docs.stripe.com/testing), as far as a simulator needs them. */
export const TEST_METHODS: Readonly<Record<string, Behaviour>> = {
  pm_card_visa: visa,
  pm_card_mastercard: { type: "card", brand: "mastercard", last4: "4444" },
  pm_card_visa_debit: { ...visa, last4: "5556" },
  pm_card_chargeDeclined: { ...visa, last4: "0341", decline: declinedBy("generic_decline") },
  pm_card_visa_chargeDeclined: { ...visa, last4: "0002", decline: declinedBy("generic_decline") },
  pm_card_chargeDeclinedInsufficientFunds: {
    ...visa,
    last4: "9995",
    decline: declinedBy("insufficient_funds"),
  },
  pm_card_visa_chargeDeclinedInsufficientFunds: {
    ...visa,
    last4: "9995",
    decline: declinedBy("insufficient_funds"),
  },
  pm_card_visa_chargeDeclinedLostCard: { ...visa, last4: "9987", decline: declinedBy("lost_card") },
  pm_card_visa_chargeDeclinedStolenCard: { ...visa, last4: "9979", decline: declinedBy("stolen_card") },
  pm_card_chargeDeclinedFraudulent: { ...visa, last4: "0019", decline: declinedBy("fraudulent") },
  pm_card_chargeDeclinedExpiredCard: { ...visa, last4: "0069", decline: declinedBy("expired_card") },
  pm_card_chargeDeclinedIncorrectCvc: { ...visa, last4: "0127", decline: declinedBy("incorrect_cvc") },
  pm_card_chargeDeclinedProcessingError: { ...visa, last4: "0119", decline: declinedBy("processing_error") },
  pm_card_authenticationRequired: { ...visa, last4: "3184", authentication: true },
  pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: {
    ...visa,
    last4: "3220",
    authentication: true,
    decline: declinedBy("insufficient_funds"),
  },
  pm_card_createDispute: { ...visa, last4: "0259", dispute: true },
  pm_card_pendingRefund: { ...visa, last4: "7726", refund: "pending" },
  pm_card_refundFail: { ...visa, last4: "5126", refund: "failed" },
  pm_usBankAccount: { type: "us_bank_account", brand: "bank", last4: "6789", processing: true },
  pm_usBankAccount_success: { type: "us_bank_account", brand: "bank", last4: "6789", processing: true },
  pm_usBankAccount_insufficientFunds: {
    type: "us_bank_account",
    brand: "bank",
    last4: "2227",
    processing: true,
    decline: declinedBy("insufficient_funds"),
  },
};
