import { isDeepStrictEqual } from "node:util";
import type { TenantChange } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";

/** The configuration after `change`, under the next revision; null when nothing differs or the tenant is closed for good. */
export function changedConfiguration(
  current: TenantConfiguration,
  change: TenantChange,
): TenantConfiguration | null {
  if (current.status === "closed") return null;
  const { creditLimit, thresholds, ...fields } = change;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const wallets = current.wallets.map((wallet, index) =>
    index === 0
      ? {
          ...wallet,
          creditLimit: creditLimit ?? wallet.creditLimit,
          thresholds: thresholds ?? wallet.thresholds,
        }
      : wallet,
  );
  const changed: TenantConfiguration = { ...current, ...given, wallets };
  return isDeepStrictEqual(changed, current) ? null : { ...changed, revision: current.revision + 1 };
}
