import { money, type Money } from "#domain/money/money.ts";

/** Commissions of one partner in one currency: of a day, and what earlier days left. */
export interface PartnerStatement {
  readonly statementId: string;
  readonly day: string;
  readonly partnerId: string;
  readonly currency: string;
  /** What statements before came to that could not be paid: zero or negative (refunds took more back than was earned). */
  readonly broughtForward: Money;
  /** Of the day's commissions, recorded in it. */
  readonly movements: Money;
  /** What of `amount` each tenant's traffic earned; they add up to it. */
  readonly tenants: readonly PartnerShare[];
  /** broughtForward + movements. */
  readonly amount: Money;
  /** `open`: to be paid; `carried`: nothing is owed, the next statement begins with it. */
  readonly status: "open" | "carried" | "paid";
  readonly payment: { readonly at: number; readonly actor: string; readonly reference: string } | null;
}

export interface PartnerShare {
  readonly tenantId: string;
  readonly amount: Money;
}

/**
 * A day's statement: its movements, and the shares of the statement before if that was carried. Shares of nothing are left out.
 * @param before the partner's latest statement of an earlier day; null where there is none.
 */
export function partnerAmounts(
  movements: readonly PartnerShare[],
  before: Pick<PartnerStatement, "status" | "amount" | "tenants"> | null,
): Pick<PartnerStatement, "broughtForward" | "movements" | "tenants" | "amount" | "status"> {
  const carried = before?.status === "carried" ? before : null;
  const shares = new Map<string, bigint>();
  for (const { tenantId, amount } of [...(carried?.tenants ?? []), ...movements])
    shares.set(tenantId, (shares.get(tenantId) ?? 0n) + amount);
  const moved = movements.reduce((sum, { amount }) => sum + amount, 0n);
  const broughtForward = carried?.amount ?? money(0n);
  const amount = money(broughtForward + moved);
  return {
    broughtForward,
    movements: money(moved),
    tenants: [...shares]
      .filter(([, share]) => share !== 0n)
      .map(([tenantId, share]) => ({ tenantId, amount: money(share) }))
      .sort((one, other) => (one.tenantId < other.tenantId ? -1 : 1)),
    amount,
    status: amount > 0n ? "open" : "carried",
  };
}
