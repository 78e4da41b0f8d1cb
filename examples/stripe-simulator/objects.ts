/** Stripe's objects as far as the simulator fills them; amounts are in Stripe's smallest unit, times in seconds. */
export interface Customer {
  readonly id: string;
  readonly object: "customer";
  readonly created: number;
  readonly livemode: false;
  readonly name: string | null;
  readonly email: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface PaymentMethod {
  readonly id: string;
  readonly object: "payment_method";
  readonly created: number;
  readonly livemode: false;
  readonly customer: string | null;
  readonly type: "card" | "us_bank_account";
  readonly card?: {
    readonly brand: string;
    readonly last4: string;
    readonly exp_month: 12;
    readonly exp_year: 2034;
  };
  readonly us_bank_account?: { readonly bank_name: string; readonly last4: string };
  readonly metadata: Readonly<Record<string, string>>;
}

export interface PaymentIntent {
  readonly id: string;
  readonly object: "payment_intent";
  readonly created: number;
  readonly livemode: false;
  readonly amount: number;
  readonly amount_capturable: 0;
  readonly amount_received: number;
  readonly capture_method: "automatic_async";
  readonly confirmation_method: "automatic";
  readonly client_secret: string;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly payment_method: string | null;
  readonly payment_method_types: readonly string[];
  readonly status:
    | "requires_payment_method"
    | "requires_confirmation"
    | "requires_action"
    | "processing"
    | "succeeded"
    | "canceled";
  readonly next_action:
    | {
        readonly type: "redirect_to_url";
        readonly redirect_to_url: { readonly url: string; readonly return_url: string };
      }
    | { readonly type: "use_stripe_sdk"; readonly use_stripe_sdk: object }
    | null;
  readonly last_payment_error: object | null;
  readonly latest_charge: string | null;
  readonly canceled_at: number | null;
  readonly cancellation_reason: string | null;
}

export interface Charge {
  readonly id: string;
  readonly object: "charge";
  readonly created: number;
  readonly livemode: false;
  readonly amount: number;
  readonly amount_captured: number;
  readonly amount_refunded: number;
  readonly balance_transaction: string | null;
  readonly captured: boolean;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly disputed: boolean;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly paid: boolean;
  readonly payment_intent: string;
  readonly payment_method: string;
  readonly refunded: boolean;
  readonly status: "succeeded" | "failed";
}

export interface Refund {
  readonly id: string;
  readonly object: "refund";
  readonly created: number;
  readonly amount: number;
  readonly balance_transaction: string | null;
  readonly charge: string;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly payment_intent: string;
  readonly reason: string | null;
  readonly status: "succeeded" | "pending" | "failed";
  readonly failure_reason?: string;
}

export interface Dispute {
  readonly id: string;
  readonly object: "dispute";
  readonly created: number;
  readonly livemode: false;
  readonly amount: number;
  readonly balance_transactions: readonly BalanceTransaction[];
  readonly charge: string;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly payment_intent: string;
  readonly reason: string;
  readonly status: "needs_response" | "won" | "lost";
}

export interface BalanceTransaction {
  readonly id: string;
  readonly object: "balance_transaction";
  readonly created: number;
  readonly available_on: number;
  readonly amount: number;
  readonly fee: number;
  readonly net: number;
  readonly currency: string;
  readonly description: string | null;
  readonly exchange_rate: null;
  readonly reporting_category: string;
  readonly source: string;
  readonly status: "available" | "pending";
  readonly type: "charge" | "refund" | "refund_failure" | "adjustment" | "payout";
}

export interface Payout {
  readonly id: string;
  readonly object: "payout";
  readonly created: number;
  readonly arrival_date: number;
  readonly livemode: false;
  readonly amount: number;
  readonly balance_transaction: string;
  readonly currency: string;
  readonly status: "paid";
}

export interface CheckoutSession {
  readonly id: string;
  readonly object: "checkout.session";
  readonly created: number;
  readonly expires_at: number;
  readonly livemode: false;
  readonly amount_total: number;
  readonly cancel_url: string | null;
  readonly client_reference_id: string | null;
  readonly currency: string;
  readonly customer: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly mode: "payment";
  readonly payment_intent: string | null;
  readonly payment_status: "unpaid" | "paid";
  readonly status: "open" | "complete" | "expired";
  readonly success_url: string | null;
  readonly url: string | null;
}

export interface StripeEvent {
  readonly id: string;
  readonly object: "event";
  readonly api_version: string;
  readonly created: number;
  readonly livemode: false;
  readonly pending_webhooks: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: string;
  readonly data: { readonly object: unknown };
}
