/** How many automatic recharges may fall due at once before something else than the tenants' traffic must be the reason. */
export interface MassLimits {
  /** Epoch milliseconds that "at once" spans. */
  readonly windowMs: number;
  /** Of all tenants together. */
  readonly duePerWindow: number;
  /** Percent of the tenants that have automatic recharge. */
  readonly sharePercent: number;
  /** Below so many tenants their share says nothing. */
  readonly shareCountsFrom: number;
}

/** A thousand busy tenants recharge some times an hour: thirty within a minute are a cache that reads zero, or a bug. */
export const MASS_LIMITS: MassLimits = {
  windowMs: 60_000,
  duePerWindow: 30,
  sharePercent: 20,
  shareCountsFrom: 5,
};

/** What fell due within the window that ends now, the one that is judged included. */
export interface DueRecharges {
  readonly recharges: number;
  readonly tenants: number;
  /** Tenants that have automatic recharge. */
  readonly enrolled: number;
}

/** Why it is too much at once; null where it is not. */
export function massReason(
  { recharges, tenants, enrolled }: DueRecharges,
  limits: MassLimits = MASS_LIMITS,
): string | null {
  const within = `within ${limits.windowMs / 1000} seconds`;
  if (recharges > limits.duePerWindow) return `${recharges} recharges fell due ${within}`;
  if (tenants < limits.shareCountsFrom || tenants * 100 <= enrolled * limits.sharePercent) return null;
  return `recharges of ${tenants} of the ${enrolled} tenants that have them fell due ${within}`;
}

/** The one switch of the platform: while it is open no recharge begins, until a person closes it. */
export interface BreakerState {
  readonly state: "closed" | "open";
  /** How often it has opened. */
  readonly openings: number;
  /** Epoch ms. */
  readonly changedAt: number;
  readonly changedBy: string;
  readonly reason: string;
}

export interface DueRecharge {
  readonly paymentId: string;
  readonly tenantId: string;
  readonly walletId: string;
  /** Epoch ms. */
  readonly at: number;
}

/** `opened`: by this very one, whoever asks again. */
export type DueOutcome =
  | { readonly kind: "closed" }
  | {
      readonly kind: "open";
      readonly opened: boolean;
      readonly openings: number;
      readonly reason: string;
    };

/** Everything throws Unavailable when PostgreSQL cannot be reached. */
export interface RechargeBreaker {
  /** Notes that a recharge has fallen due, once, and opens the breaker where that is one too many. */
  due(recharge: DueRecharge): Promise<DueOutcome>;
  state(): Promise<BreakerState>;
  /** Closes it; what fell due before counts no more. A closed one stays as it is. */
  close(by: { readonly actor: string; readonly reason: string; readonly at: number }): Promise<BreakerState>;
  /** Whether a recharge of the wallet is begun and not over. */
  isUnderWay(walletId: string): Promise<boolean>;
}
