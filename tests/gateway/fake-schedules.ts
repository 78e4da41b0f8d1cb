import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { FlowSchedule, FlowSchedules, NewFlowSchedule } from "#domain/flows/schedules.ts";
import { FLOWS } from "#gateway/rest/flow-catalog.ts";

/** A flow of the tests' own that clients may have started by a calendar. */
const REPORT: FlowDefinition = {
  name: "report",
  title: "Report",
  description: "What was sent.",
  taskQueue: "billing",
  input: z.object({ tenantId: z.string().min(1), days: z.int().min(1), actor: z.string() }),
  output: z.null(),
  startedBy: "its schedule",
  starters: [],
  identify: ({ tenantId }: { tenantId: string }) => ({ workflowId: `report-${tenantId}`, tenantId }),
  schedule: {
    parties: ["owner", "finance", "support"],
    identify: ({ tenantId }: { tenantId: string }) => ({ scheduleId: `report-${tenantId}`, tenantId }),
  },
  signals: {},
  updates: {},
  queries: {},
};
(FLOWS as FlowDefinition[]).push(REPORT);

const scheduleOf = (schedule: Pick<NewFlowSchedule, "scheduleId" | "flow" | "tenantId">): FlowSchedule => ({
  ...schedule,
  calendar: { every: "week", timezone: "UTC", hour: 1, minute: 2, dayOfWeek: 0 },
  paused: false,
  note: null,
  nextAt: 1_795_000_000_000,
  lastAt: null,
  url: `http://temporal.test/namespaces/default/schedules/${schedule.scheduleId}`,
});

/** Both tenants and the platform have a schedule; what is done to them is written down. */
export function fakeSchedules(sent: unknown[], up: () => Promise<void>): FlowSchedules {
  const of = (tenantId: string) => scheduleOf({ scheduleId: `report-${tenantId}`, flow: "report", tenantId });
  const platform = scheduleOf({ scheduleId: "settlement-nightly", flow: "settlement", tenantId: null });
  const all = [of("TENANT-001"), of("TENANT-002"), platform];
  const schedules = new Map(all.map((one) => [one.scheduleId, one]));
  const act = async (what: object, scheduleId: string): Promise<boolean> => {
    sent.push({ ...what, to: scheduleId });
    return schedules.has(scheduleId);
  };
  return {
    async put(schedule) {
      await up();
      sent.push({ put: schedule });
      const { scheduleId, flow, tenantId, calendar, note } = schedule;
      return { ...scheduleOf({ scheduleId, flow, tenantId }), calendar, note };
    },
    async describe(scheduleId) {
      await up();
      return schedules.get(scheduleId) ?? null;
    },
    async list({ tenantId, flow }) {
      const found = all.filter(
        (one) => (tenantId === null || one.tenantId === tenantId) && (flow === null || one.flow === flow),
      );
      return { schedules: found, cursor: null };
    },
    pause: (scheduleId, note) => act({ pause: note }, scheduleId),
    resume: (scheduleId, note) => act({ resume: note }, scheduleId),
    trigger: (scheduleId) => act({ trigger: true }, scheduleId),
    backfill: (scheduleId, from, to) => act({ backfill: [from, to] }, scheduleId),
    delete: (scheduleId) => act({ delete: true }, scheduleId),
  };
}
