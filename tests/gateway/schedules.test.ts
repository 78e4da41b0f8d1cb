import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ROLE_KEYS, TENANT_KEYS } from "./fakes.ts";
import { call, type Opened, openGateway, problem } from "./requests.ts";

let opened: Opened;
beforeEach(async () => {
  opened = await openGateway();
});
afterEach(() => opened.gateway.close());

const SCHEDULES = "/api/v2/schedules";
const OF_1 = `${SCHEDULES}/report-TENANT-001`;
const CALENDAR = { every: "day", timezone: "Europe/Rome", hour: 6, minute: 0 };
const BODY = { workflow: "report", input: { tenantId: "TENANT-001", days: 7 }, calendar: CALENDAR };
const token = TENANT_KEYS["TENANT-001"];

test("a schedule starts the flow under its business key, with the key's own name, and says what stands", async () => {
  const monthly = { ...CALENDAR, every: "month", day_of_month: 3 };
  const answer = await call(opened.gateway, "POST", SCHEDULES, {
    body: { ...BODY, calendar: monthly, note: "asked for by mail" },
  });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    schedule_id: "report-TENANT-001",
    calendar: monthly,
    note: "owner: asked for by mail",
  });
  expect(opened.platform.toFlows).toEqual([
    {
      put: {
        scheduleId: "report-TENANT-001",
        flow: "report",
        taskQueue: "billing",
        tenantId: "TENANT-001",
        calendar: { every: "month", timezone: "Europe/Rome", hour: 6, minute: 0, dayOfMonth: 3 },
        input: { tenantId: "TENANT-001", days: 7, actor: "owner" },
        workflowIdPrefix: "report-TENANT-001",
        note: "owner: asked for by mail",
      },
    },
  ]);
});

test.each([
  [{ ...BODY, workflow: "lunch" }, "not_found", "There is no workflow lunch"],
  [{ ...BODY, workflow: "suspension" }, "conflict", "Suspension is not started by a calendar"],
  [{ ...BODY, input: { tenantId: "TENANT-009", days: 7 } }, "not_found", "There is no tenant TENANT-009"],
  [{ ...BODY, input: { tenantId: "TENANT-001", days: 0 } }, "validation_failed", "input.days"],
  [
    { ...BODY, calendar: { ...CALENDAR, hour: 24 } },
    "validation_failed",
    "calendar.hour: must be 23 or less",
  ],
  [
    { ...BODY, calendar: { ...CALENDAR, timezone: "Mars" } },
    "validation_failed",
    "calendar.timezone: must be an IANA time zone",
  ],
  [
    { ...BODY, calendar: { ...CALENDAR, every: "week" } },
    "validation_failed",
    "calendar.day_of_week: is needed: 0 (Sunday) to 6",
  ],
  [
    { ...BODY, calendar: { ...CALENDAR, day_of_month: 3 } },
    "validation_failed",
    "calendar.day_of_month: is of monthly schedules alone",
  ],
  [
    { ...BODY, calendar: { ...CALENDAR, every: "month", day_of_month: 29 } },
    "validation_failed",
    "calendar.day_of_month: must be 28 or less",
  ],
])("what cannot be scheduled says why: %#", async (body, code, detail) => {
  const answer = problem(await call(opened.gateway, "POST", SCHEDULES, { body }));
  expect(answer.code).toBe(code);
  expect(answer.detail).toContain(detail);
  expect(opened.platform.toFlows).toEqual([]);
});

test("a pause has a reason and an author, and so has its end", async () => {
  const nameless = problem(await call(opened.gateway, "POST", `${OF_1}/pause`, { body: { note: " " } }));
  expect(nameless.errors).toEqual([{ path: "note", message: "is needed: why" }]);
  await call(opened.gateway, "POST", `${OF_1}/pause`, { body: { note: "audit" } });
  await call(opened.gateway, "POST", `${OF_1}/resume`, { body: { note: "done" } });
  expect(opened.platform.toFlows).toEqual([
    { pause: "owner: audit", to: "report-TENANT-001" },
    { resume: "owner: done", to: "report-TENANT-001" },
  ]);
});

test.each([
  [{ from: "2026-11-03T00:00:00Z", to: "2026-11-01T00:00:00Z" }, "from: must not be after to"],
  [{ from: "2026-11-01T00:00:00Z", to: "2030-01-01T00:00:00Z" }, "to: must not be in the future"],
  [{ from: "2024-11-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }, "from: must be at most 366 days before"],
  [{ from: "yesterday", to: "2026-11-01T00:00:00Z" }, "from: must be a time such as"],
])("a backfill is bounded: %#", async (body, detail) => {
  const answer = problem(await call(opened.gateway, "POST", `${OF_1}/backfill`, { body }));
  expect(answer.detail).toContain(detail);
  expect(opened.platform.toFlows).toEqual([]);
});

test("a backfill is told both ends as they are", async () => {
  const body = { from: "2026-11-01T01:00:00+01:00", to: "2026-11-03T00:00:00Z" };
  await call(opened.gateway, "POST", `${OF_1}/backfill`, { body });
  const span = [Date.UTC(2026, 10, 1), Date.UTC(2026, 10, 3)];
  expect(opened.platform.toFlows).toEqual([{ backfill: span, to: "report-TENANT-001" }]);
});

test("a tenant sees its own schedules, not the platform's and not another's, and changes none", async () => {
  const ids = async (url: string, key?: string): Promise<string[]> => {
    const answer = await call(opened.gateway, "GET", url, key === undefined ? {} : { token: key });
    return answer.json().data.map(({ schedule_id: id }: { schedule_id: string }) => id);
  };
  expect(await ids(SCHEDULES)).toHaveLength(3);
  expect(await ids(`${SCHEDULES}?workflow=settlement`)).toEqual(["settlement-nightly"]);
  expect(await ids(SCHEDULES, token)).toEqual(["report-TENANT-001"]);
  const foreign = await call(opened.gateway, "GET", `${SCHEDULES}?tenant_id=TENANT-002`, { token });
  expect(problem(foreign).code).toBe("not_found");
  for (const id of ["report-TENANT-002", "settlement-nightly", "nothing"]) {
    const answer = problem(await call(opened.gateway, "GET", `${SCHEDULES}/${id}`, { token }));
    expect(answer.detail).toBe(`There is no schedule ${id}.`);
  }
  expect(problem(await call(opened.gateway, "DELETE", OF_1, { token })).code).toBe("forbidden");
});

test("who may change it stands in the flow's definition", async () => {
  const settlement = `${SCHEDULES}/settlement-nightly/trigger`;
  expect(problem(await call(opened.gateway, "POST", settlement)).detail).toBe(
    "This key may not change schedules of settlement.",
  );
  const readOnly = await call(opened.gateway, "POST", `${OF_1}/trigger`, { token: ROLE_KEYS["read-only"] });
  expect(problem(readOnly).code).toBe("forbidden");
});
