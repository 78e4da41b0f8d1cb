import { createPaymentStore } from "#adapters/postgres/payments.ts";
import { createRechargeBreaker } from "#adapters/postgres/recharge-breaker.ts";
import { createWebhookDeliveries } from "#adapters/postgres/webhook-deliveries.ts";
import { createBalanceAlerts } from "#activities/balance-alerts.ts";
import { createLowBalanceActivities } from "#activities/low-balance.ts";
import { createRechargeActivities } from "#activities/recharge.ts";
import { createAlertSender } from "../alert-sender.ts";
import type { FlowsContext } from "./context.ts";

/** The low balance's part of the queue `billing`. */
export function lowBalanceActivities({
  process,
  tenants,
  balances,
  mailer,
  announced,
}: FlowsContext): object {
  const { config, pool, clock } = process;
  const lowBalance = createLowBalanceActivities({ tenants, balances, mailer });
  return {
    ...lowBalance,
    ...announced.balances(lowBalance),
    ...createBalanceAlerts({
      tenants,
      deliveries: createWebhookDeliveries(pool),
      sender: createAlertSender(process),
      clock,
    }),
    ...createRechargeActivities({
      tenants,
      balances,
      payments: createPaymentStore(pool),
      breaker: createRechargeBreaker(pool),
      mailer,
      operator: { email: config.operator.email, apiUrl: config.gateway.publicUrl },
      clock,
    }),
  };
}
