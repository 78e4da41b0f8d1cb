/** PayPal's resources as far as the simulator fills them. Amounts are decimal strings, times RFC 3339. */
export interface PaypalMoney {
  readonly currency_code: string;
  readonly value: string;
}

export interface Link {
  readonly href: string;
  readonly rel: string;
  readonly method: "GET" | "POST" | "PATCH";
}

export interface Order {
  readonly id: string;
  readonly intent: "CAPTURE";
  readonly status: "CREATED" | "PAYER_ACTION_REQUIRED" | "APPROVED" | "COMPLETED" | "VOIDED";
  readonly purchase_units: readonly [PurchaseUnit];
  readonly create_time: string;
  readonly links: readonly Link[];
}

export interface PurchaseUnit {
  readonly reference_id: "default";
  readonly amount: PaypalMoney;
  readonly custom_id?: string;
  readonly invoice_id?: string;
  readonly description?: string;
  readonly payments?: { readonly captures: readonly Capture[] };
}

/** What the simulator alone knows of an order. */
export interface OrderSecret {
  readonly id: string;
  readonly returnUrl: string | null;
  readonly cancelUrl: string | null;
  /** What the payer chose to pay with. */
  readonly instrument: "ok" | "declined" | "pending";
}

export interface Capture {
  readonly id: string;
  readonly status: "COMPLETED" | "PENDING" | "DECLINED" | "PARTIALLY_REFUNDED" | "REFUNDED";
  readonly amount: PaypalMoney;
  readonly final_capture: true;
  readonly custom_id?: string;
  readonly invoice_id?: string;
  readonly seller_receivable_breakdown?: {
    readonly gross_amount: PaypalMoney;
    readonly paypal_fee: PaypalMoney;
    readonly net_amount: PaypalMoney;
  };
  readonly supplementary_data: { readonly related_ids: { readonly order_id: string } };
  readonly create_time: string;
  readonly links: readonly Link[];
}

export interface Refund {
  readonly id: string;
  readonly status: "COMPLETED" | "PENDING" | "FAILED";
  readonly amount: PaypalMoney;
  readonly custom_id?: string;
  readonly create_time: string;
  readonly links: readonly Link[];
  /** Of the simulator. */
  readonly capture_id: string;
}

export interface Dispute {
  readonly dispute_id: string;
  readonly reason: string;
  readonly status: "OPEN" | "RESOLVED";
  readonly dispute_amount: PaypalMoney;
  readonly disputed_transactions: readonly {
    readonly seller_transaction_id: string;
    readonly custom?: string;
  }[];
  readonly dispute_outcome?: { readonly outcome_code: string };
  readonly create_time: string;
}

/** One row of the transaction report. */
export interface Transaction {
  readonly transaction_id: string;
  readonly transaction_event_code: string;
  readonly transaction_initiation_date: string;
  readonly transaction_updated_date: string;
  readonly transaction_amount: PaypalMoney;
  readonly fee_amount?: PaypalMoney;
  readonly transaction_status: "S";
  readonly custom_field?: string;
  readonly paypal_reference_id?: string;
  readonly paypal_reference_id_type?: "ODR" | "TXN";
}
