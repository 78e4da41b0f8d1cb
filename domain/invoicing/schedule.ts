import type { FlowCalendar, NewFlowSchedule } from "#domain/flows/schedules.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { type Cycle } from "./period.ts";

/** After midnight: what happened just before it has reached the ledger by then. */
const MINUTES_AFTER_MIDNIGHT = 10;

const EVERY: Readonly<Record<Cycle, FlowCalendar["every"]>> = {
  daily: "day",
  weekly: "week",
  monthly: "month",
};

/** What a tenant's usage is invoiced by if its configuration says nothing. */
export const DEFAULT_INVOICING: NonNullable<TenantConfiguration["invoicing"]> = {
  cycle: "daily",
  paymentTermDays: 14,
  earlyPayment: null,
  commitment: null,
  language: "en",
  paper: "A4",
};

/** One per tenant; FlowSchedules.put it when the tenant is onboarded and whenever its zone or cycle changes. */
export function invoicingScheduleId(tenantId: string): string {
  return `invoicing-${tenantId}`;
}

/** The schedule that closes a tenant's periods, minutes after they end in its zone. */
export function invoicingSchedule(
  tenant: Pick<TenantConfiguration, "tenantId" | "timezone" | "invoicing">,
): NewFlowSchedule {
  const { tenantId, timezone } = tenant;
  const { cycle } = tenant.invoicing ?? DEFAULT_INVOICING;
  return {
    scheduleId: invoicingScheduleId(tenantId),
    flow: "invoicing",
    taskQueue: "billing",
    tenantId,
    calendar: {
      every: EVERY[cycle],
      timezone,
      hour: 0,
      minute: MINUTES_AFTER_MIDNIGHT,
      ...(cycle === "weekly" ? { dayOfWeek: 1 } : {}),
      ...(cycle === "monthly" ? { dayOfMonth: 1 } : {}),
    },
    input: { tenantId, walletId: null, through: null, actor: "schedule" },
    workflowIdPrefix: invoicingScheduleId(tenantId),
    note: null,
  };
}
