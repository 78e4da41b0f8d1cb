import type { Account } from "./account.ts";
import type { Charge, Dispute, Refund } from "./objects.ts";

/** What happened to one payment, counted from the charges themselves: for tests, and for people. */
export interface PaymentBooks {
  charges: number;
  charged: number;
  refunds: number;
  refunded: number;
  disputes: number;
  disputed: number;
  /** Charges that were refused. */
  refused: number;
  currency: string;
  paymentIntents: string[];
}

/** Books by our payment id (`metadata[payment_id]`); what has none stands under its PaymentIntent. */
export function booksOf(account: Account): Record<string, PaymentBooks> {
  const books: Record<string, PaymentBooks> = Object.create(null) as Record<string, PaymentBooks>;
  const keyOf = new Map<string, string>();
  for (const charge of account.all<Charge>("charges")) {
    const key = charge.metadata["payment_id"] ?? charge.payment_intent;
    keyOf.set(charge.id, key);
    const one = (books[key] ??= empty(charge.currency));
    if (!one.paymentIntents.includes(charge.payment_intent)) one.paymentIntents.push(charge.payment_intent);
    if (charge.status === "failed") one.refused += 1;
    else {
      one.charges += 1;
      one.charged += charge.amount;
    }
  }
  for (const { charge, amount, status } of account.all<Refund>("refunds")) {
    const one = books[keyOf.get(charge) ?? ""];
    if (one === undefined || status === "failed") continue;
    one.refunds += 1;
    one.refunded += amount;
  }
  for (const { charge, amount, status } of account.all<Dispute>("disputes")) {
    const one = books[keyOf.get(charge) ?? ""];
    if (one === undefined || status === "won") continue;
    one.disputes += 1;
    one.disputed += amount;
  }
  return books;
}

function empty(currency: string): PaymentBooks {
  return {
    charges: 0,
    charged: 0,
    refunds: 0,
    refunded: 0,
    disputes: 0,
    disputed: 0,
    refused: 0,
    currency,
    paymentIntents: [],
  };
}
