import type { Clock } from "#domain/clock.ts";
import type { Mailer } from "#domain/mail/ports.ts";
import { toMinor } from "#domain/money/minor-units.ts";
import { parseMoney } from "#domain/money/money.ts";
import type { RechargeBreaker } from "#domain/payments/recharge-breaker.ts";
import { MASS_LIMITS } from "#domain/payments/recharge-breaker.ts";
import type { NewPayment } from "#domain/payments/payment.ts";
import type { PaymentStore } from "#domain/payments/payment-store.ts";
import { judgeRecharge, monthStart } from "#domain/payments/recharge-limits.ts";
import { zoneClock } from "#domain/rating/zone-clock.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration, WalletConfiguration } from "#domain/tenants/tenant.ts";
import { ALERTS } from "#domain/wallet/alerts.ts";
import type { WalletBalances } from "#domain/wallet/ports.ts";
import { thresholdLimits } from "#domain/wallet/threshold-limits.ts";
import {
  type LowBalanceActivities,
  type RechargeRequest,
  type RechargeStep,
  rechargePaymentId,
} from "#workflows/low-balance/api.ts";
import { breakerMail } from "./mails/breaker.ts";

export interface RechargeDependencies {
  readonly tenants: Pick<TenantStore, "get">;
  /** Of PostgreSQL's ledger. */
  readonly balances: WalletBalances;
  readonly payments: Pick<PaymentStore, "admitRecharge">;
  readonly breaker: Pick<RechargeBreaker, "due" | "state" | "isUnderWay">;
  readonly mailer: Mailer;
  readonly operator: { readonly email: string; readonly apiUrl: string };
  readonly clock: Clock;
}

type RechargeActivities = Pick<LowBalanceActivities, "rechargeDue" | "admitRecharge" | "mailBreaker">;

/** A recharge waits as long as the breaker looks back: when many fall due at once, none of them has begun before it opens. */
const WAIT_MS = MASS_LIMITS.windowMs;

const ACTOR = "automatic recharge";

/** What these throw is Unavailable: it is tried again, and has one effect. Every one of them asks PostgreSQL, never a cache. */
export function createRechargeActivities(dependencies: RechargeDependencies): RechargeActivities {
  const { breaker, payments, mailer, operator, clock } = dependencies;
  return {
    async rechargeDue(request) {
      const wanted = await wantedRecharge(dependencies, request, ["active"]);
      if ("kind" in wanted) return wanted;
      if (await breaker.isUnderWay(request.walletId))
        return nothing("a recharge of this wallet is under way");
      const { paymentId, tenantId, walletId } = wanted.payment;
      const outcome = await breaker.due({ paymentId, tenantId, walletId, at: clock.now() });
      if (outcome.kind === "closed") return { kind: "due", waitMs: WAIT_MS };
      return stopped(outcome.reason, outcome.opened ? outcome.openings : null);
    },

    async admitRecharge(request) {
      // A critical balance suspends at once: what was due before is bought all the same, and ends the suspension.
      const wanted = await wantedRecharge(dependencies, request, ["active", "suspended"]);
      if ("kind" in wanted) return wanted;
      const { state, reason } = await breaker.state();
      if (state === "open") return stopped(reason, null);
      const { payment, tenant, terms } = wanted;
      const zone = zoneClock(tenant.timezone);
      if (zone === null) return nothing(`${tenant.timezone} is no time zone`);
      const now = clock.now();
      const verdict = await payments.admitRecharge(
        payment,
        monthStart(zone, now),
        (history) => judgeRecharge(terms, history),
        now,
      );
      if (verdict.kind === "refused")
        return verdict.by === "platform_breaker" ? stopped(verdict.because, null) : nothing(verdict.because);
      const { dueAt: _dueAt, amountMinor, ...rest } = payment;
      return { kind: "admitted", payment: { ...rest, amountMinor: amountMinor.toString() } };
    },

    mailBreaker: (step) => mailer.send(breakerMail(step, operator)),
  };
}

interface Wanted {
  readonly tenant: TenantConfiguration;
  readonly payment: NewPayment;
  readonly terms: Parameters<typeof judgeRecharge>[0];
}

type Nothing = Extract<RechargeStep, { kind: "none" }>;

/** What is to be bought by the ledger and the tenant's configuration as they stand now. */
async function wantedRecharge(
  { tenants, balances }: RechargeDependencies,
  request: RechargeRequest,
  statuses: readonly TenantConfiguration["status"][],
): Promise<Wanted | Nothing> {
  const { tenantId, walletId } = request;
  const [tenant, balance] = await Promise.all([tenants.get(tenantId), balances.balanceOf(walletId)]);
  const wallet = tenant?.wallets.find((one) => one.walletId === walletId);
  if (tenant === null || wallet === undefined || balance === null) return nothing("there is no such wallet");
  if (!statuses.includes(tenant.status)) return nothing(`the tenant is ${tenant.status}`);
  const limits = thresholdLimits(wallet);
  if (!ALERTS.some((alert) => limits[alert] !== null && balance < limits[alert].rearm))
    return nothing("the ledger says that the balance has recovered");
  return paymentOf(request, tenant, wallet);
}

function paymentOf(
  request: RechargeRequest,
  tenant: TenantConfiguration,
  { walletId, currency, kind }: WalletConfiguration,
): Wanted | Nothing {
  const terms = tenant.payment?.autoRecharge;
  if (!terms || kind === "postpaid") return nothing("automatic recharge is not agreed");
  if (tenant.payment?.paymentMethodId === null) return nothing("no payment method is stored");
  const amount = parseMoney(terms.amount);
  const monthlyCap = parseMoney(terms.monthlyCap);
  const amountMinor = amount === null ? null : toMinor(amount, currency);
  const paymentId = rechargePaymentId(request);
  if (amount === null || monthlyCap === null || amountMinor === null || amountMinor <= 0n)
    return nothing(`the amount to buy is no whole number of the minor units of ${currency}`);
  if (paymentId === null) return nothing("the trigger names no crossing");
  const payment: NewPayment = {
    paymentId,
    tenantId: tenant.tenantId,
    walletId,
    purpose: "auto_recharge",
    invoiceId: null,
    invoiceNumber: null,
    amountMinor,
    currency,
    dueAt: null,
    actor: ACTOR,
  };
  return { tenant, payment, terms: { amount, monthlyCap } };
}

function nothing(because: string): Nothing {
  return { kind: "none", because };
}

function stopped(because: string, alarm: number | null): Extract<RechargeStep, { kind: "stopped" }> {
  return { kind: "stopped", because, alarm };
}
