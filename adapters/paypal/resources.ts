import type { PaypalAmount } from "./amounts.ts";

/** PayPal's resources, as far as they are read (https://developer.paypal.com/docs/api/orders/v2/, payments/v2). */
export interface PaypalOrder {
  readonly id: string;
  readonly status: string;
  readonly purchase_units?: readonly {
    readonly custom_id?: string;
    readonly amount?: PaypalAmount;
    readonly payments?: { readonly captures?: readonly PaypalCapture[] };
  }[];
  readonly links?: readonly { readonly rel: string; readonly href: string }[];
}

export interface PaypalCapture {
  readonly id: string;
  readonly status: string;
  readonly amount: PaypalAmount;
  readonly custom_id?: string;
  readonly create_time?: string;
  readonly status_details?: { readonly reason?: string };
  readonly seller_receivable_breakdown?: { readonly paypal_fee?: PaypalAmount };
  readonly supplementary_data?: { readonly related_ids?: { readonly order_id?: string } };
}

export interface PaypalRefund {
  readonly id: string;
  readonly status: string;
  readonly amount?: PaypalAmount;
  readonly custom_id?: string;
}

export interface PaypalDispute {
  readonly dispute_amount?: PaypalAmount;
  readonly dispute_outcome?: { readonly outcome_code?: string };
  readonly disputed_transactions?: readonly { readonly custom?: string }[];
}

export interface PaypalTransaction {
  readonly transaction_id: string;
  readonly transaction_event_code: string;
  readonly transaction_initiation_date: string;
  readonly transaction_amount: PaypalAmount;
  readonly fee_amount?: PaypalAmount;
  readonly transaction_status?: string;
  readonly custom_field?: string;
  readonly paypal_reference_id?: string;
  readonly paypal_reference_id_type?: string;
}
