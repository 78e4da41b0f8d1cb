import { createLowBalanceActivities } from "#activities/low-balance.ts";
import { createSuspensionActivities } from "#activities/suspension.ts";
import type { FlowsContext } from "./context.ts";

/** Activities of the queue `billing`. */
export function billingActivities({ tenants, announcements, balances, mailer }: FlowsContext): object {
  return {
    ...createLowBalanceActivities({ tenants, balances, mailer }),
    ...createSuspensionActivities({ tenants, announcements, balances, mailer }),
  };
}
