import type { Mailer } from "#domain/mail/ports.ts";
import { formatMoney } from "#domain/money/money.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import { ALERTS } from "#domain/wallet/alerts.ts";
import type { WalletBalances } from "#domain/wallet/ports.ts";
import { thresholdLimits } from "#domain/wallet/threshold-limits.ts";
import type { LowBalanceActivities } from "#workflows/low-balance/api.ts";
import { balanceMail } from "./mails/balance.ts";

export interface LowBalanceDependencies {
  readonly tenants: Pick<TenantStore, "get">;
  /** Of PostgreSQL's ledger. */
  readonly balances: WalletBalances;
  readonly mailer: Mailer;
}

/** Postpaid tenants are given a day to pay, prepaid ones none. */
const GRACE_SECONDS = { prepaid: 0, postpaid: 86_400 } as const;

export function createLowBalanceActivities({
  tenants,
  balances,
  mailer,
}: LowBalanceDependencies): Pick<LowBalanceActivities, "balanceStanding" | "mailBalance"> {
  return {
    async balanceStanding({ tenantId, walletId }) {
      const [tenant, balance] = await Promise.all([tenants.get(tenantId), balances.balanceOf(walletId)]);
      const wallet = tenant?.wallets.find((one) => one.walletId === walletId);
      if (tenant === null || wallet === undefined || balance === null || tenant.status === "closed")
        return { balance: "0", below: [], suspension: null };
      const limits = thresholdLimits(wallet);
      // An alert that was raised ends where the balance has reached the rearming level: until then it stands.
      const below = ALERTS.filter((alert) => limits[alert] !== null && balance < limits[alert].rearm);
      const graceSeconds = tenant.suspension?.graceSeconds ?? GRACE_SECONDS[wallet.kind];
      const automatic = tenant.suspension?.automatic ?? true;
      const { alerts, payment } = tenant;
      return {
        balance: formatMoney(balance),
        below,
        suspension: automatic ? { graceSeconds } : null,
        channels: {
          sms: (alerts?.sms.length ?? 0) > 0,
          webhook: alerts?.webhook === true && tenant.webhook !== null,
        },
        recharges: Boolean(payment?.autoRecharge) && wallet.kind === "prepaid",
      };
    },

    async mailBalance({ tenantId, ...step }) {
      const tenant = await tenants.get(tenantId);
      if (tenant === null || tenant.email === null) return { kind: "none" };
      return mailer.send(balanceMail({ ...step, tenantId, name: tenant.name, email: tenant.email }));
    },
  };
}
