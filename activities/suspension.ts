import { ApplicationFailure } from "@temporalio/common";
import type { Clock } from "#domain/clock.ts";
import type { OverdueInvoices } from "#domain/invoicing/overdue.ts";
import type { Mailer } from "#domain/mail/ports.ts";
import type { ControlAnnouncements, TenantStore } from "#domain/tenants/tenant-store.ts";
import type { WalletBalances } from "#domain/wallet/ports.ts";
import { thresholdLimits } from "#domain/wallet/threshold-limits.ts";
import { formatMoney } from "#domain/money/money.ts";
import type { SuspensionActivities } from "#workflows/suspension/api.ts";
import { suspensionMail } from "./mails/suspension.ts";

export interface SuspensionDependencies {
  readonly tenants: Pick<TenantStore, "get" | "change">;
  readonly announcements: ControlAnnouncements;
  /** Of PostgreSQL's ledger. */
  readonly balances: WalletBalances;
  readonly invoices: OverdueInvoices;
  readonly mailer: Mailer;
  readonly clock: Clock;
}

/** What these throw is Unavailable (tried again) or says that the tenant is gone. */
export function createSuspensionActivities({
  tenants,
  announcements,
  balances,
  invoices,
  mailer,
  clock,
}: SuspensionDependencies): SuspensionActivities {
  return {
    async suspensionStanding({ tenantId, cause, walletId }) {
      const tenant = await tenants.get(tenantId);
      if (tenant === null || tenant.status === "closed")
        return { due: false, because: "the tenant is closed" };
      if (tenant.status === "onboarding") return { due: false, because: "the tenant is not open yet" };
      if (cause === "overdue_invoice") return overdueStanding(await invoices.overdue(tenantId, clock.now()));
      if (cause !== "critical_balance")
        return { due: true, because: "a person or another flow decides when it ends" };
      const wallet = tenant.wallets.find((one) => one.walletId === walletId);
      const critical = wallet === undefined ? null : thresholdLimits(wallet).critical;
      if (wallet === undefined || critical === null)
        return { due: false, because: "the wallet has no critical threshold" };
      const balance = await balances.balanceOf(wallet.walletId);
      if (balance === null) return { due: false, because: "the ledger has no such wallet" };
      const limit = tenant.status === "suspended" ? critical.rearm : critical.limit;
      const due = balance < limit;
      return {
        due,
        because: `the ledger says ${formatMoney(balance)} ${wallet.currency}, ${due ? "below" : "not below"} ${formatMoney(limit)}`,
      };
    },

    async setService({ tenantId, on, actor }) {
      const tenant = await tenants.get(tenantId);
      // Closed is final, and whoever closed it did not want it back.
      if (tenant === null || tenant.status === "closed") return { changed: false };
      const status = on ? "active" : "suspended";
      const by = { actor: `suspension: ${actor}`, expectedRevision: tenant.revision };
      if (tenant.status !== status) {
        const outcome = await tenants.change(tenantId, { status }, by);
        if (outcome.kind === "stale")
          throw ApplicationFailure.retryable("the tenant has just been changed", "Stale");
      }
      await announcements.flush();
      return { changed: tenant.status !== status };
    },

    async mailSuspension({ tenantId, ...step }) {
      const tenant = await tenants.get(tenantId);
      if (tenant === null || tenant.email === null) return { kind: "none" };
      return mailer.send(suspensionMail({ ...step, tenantId, name: tenant.name, email: tenant.email }));
    },
  };
}

/** All of them count: who pays one of two that are overdue still owes the other. */
function overdueStanding(numbers: readonly string[]): { due: boolean; because: string } {
  if (numbers.length === 0) return { due: false, because: "no invoice is unpaid past its due day" };
  const shown = numbers.slice(0, 3).join(", ");
  const more = numbers.length > 3 ? ` and ${numbers.length - 3} more` : "";
  return { due: true, because: `unpaid past the due day: ${shown}${more}` };
}
