import type { SampleRequest } from "./requests.ts";

const SCHEDULES = "/api/v2/schedules";
const OF_1 = `${SCHEDULES}/report-TENANT-001`;
const route = `${SCHEDULES}/:id`;

const actions = (
  [
    ["pause", { note: "audit" }, 200],
    ["resume", { note: "the audit is over" }, 200],
    ["trigger", undefined, 202],
    ["backfill", { from: "2026-11-01T00:00:00Z", to: "2026-11-03T00:00:00Z" }, 202],
  ] as const
).map(([action, body, status]): SampleRequest => ({
  operation: `schedules.${action}`,
  method: "POST",
  route: `${route}/${action}`,
  url: `${OF_1}/${action}`,
  ...(body === undefined ? {} : { body }),
  status,
}));

export const SCHEDULE_SAMPLES: readonly SampleRequest[] = [
  { operation: "schedules.list", method: "GET", route: SCHEDULES, url: SCHEDULES, status: 200 },
  {
    operation: "schedules.read",
    method: "GET",
    route,
    url: OF_1,
    foreignUrl: `${SCHEDULES}/report-TENANT-002`,
    status: 200,
  },
  {
    operation: "schedules.create",
    method: "POST",
    route: SCHEDULES,
    url: SCHEDULES,
    body: {
      workflow: "report",
      input: { tenantId: "TENANT-001", days: 7 },
      calendar: { every: "week", timezone: "Europe/Rome", hour: 6, minute: 0, day_of_week: 1 },
    },
    status: 200,
  },
  ...actions,
  { operation: "schedules.delete", method: "DELETE", route, url: OF_1, status: 204 },
];
