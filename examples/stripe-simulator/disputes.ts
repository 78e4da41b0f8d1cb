import type { Account } from "./account.ts";
import { invalid } from "./errors.ts";
import type { Charge, Dispute } from "./objects.ts";

/** Stripe's fee for a dispute, kept whoever wins (in the smallest unit). */
const DISPUTE_FEE = 1500;

/** The cardholder's bank takes the money back at once. */
export function openDispute(account: Account, charge: Charge, amount: number, reason: string): Dispute {
  if (charge.status !== "succeeded" || charge.disputed) throw invalid("This charge cannot be disputed.");
  const id = account.id("du");
  const { currency } = charge;
  const taken = account.move({
    amount: -amount,
    fee: DISPUTE_FEE,
    currency,
    type: "adjustment",
    category: "dispute",
    source: id,
  });
  account.put<Charge>("charges", { ...charge, disputed: true });
  const dispute = account.put<Dispute>("disputes", {
    id,
    object: "dispute",
    created: account.seconds(),
    livemode: false,
    amount,
    balance_transactions: [taken],
    charge: charge.id,
    currency,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason,
    status: "needs_response",
  });
  account.emit("charge.dispute.created", dispute);
  account.emit("charge.dispute.funds_withdrawn", dispute);
  return dispute;
}

/** The bank decides; a second decision changes nothing. */
export function closeDispute(account: Account, id: string, outcome: "won" | "lost"): Dispute {
  const dispute = account.get<Dispute>("disputes", id);
  if (dispute.status !== "needs_response") return dispute;
  const back =
    outcome === "won"
      ? [
          account.move({
            amount: dispute.amount,
            fee: 0,
            currency: dispute.currency,
            type: "adjustment",
            category: "dispute_reversal",
            source: id,
          }),
        ]
      : [];
  const closed = account.put<Dispute>("disputes", {
    ...dispute,
    status: outcome,
    balance_transactions: [...dispute.balance_transactions, ...back],
  });
  account.emit("charge.dispute.closed", closed);
  if (outcome === "won") account.emit("charge.dispute.funds_reinstated", closed);
  return closed;
}
