import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createFlowSchedules } from "#adapters/temporal/flow-schedules.ts";
import { systemClock } from "#domain/clock.ts";
import type { FlowSchedules, NewFlowSchedule } from "#domain/flows/schedules.ts";
import { SUSPENSION } from "#workflows/suspension/api.ts";
import { attachFlowsEnvironment, type FlowsEnvironment } from "./flows-environment.ts";
import { scriptedBilling, suspensionOf } from "./scripted-billing.ts";

let flows: FlowsEnvironment;
let schedules: FlowSchedules;
beforeAll(async () => {
  flows = await attachFlowsEnvironment();
  schedules = createFlowSchedules(flows.temporal, systemClock);
});
afterAll(() => flows.close());

const DAILY = { every: "day", timezone: "Europe/Rome", hour: 0, minute: 30 } as const;

function scheduleOf(given: Partial<NewFlowSchedule> = {}): NewFlowSchedule & { readonly tenantId: string } {
  const input = suspensionOf();
  const id = `suspension-${input.tenantId}`;
  return {
    scheduleId: id,
    flow: SUSPENSION,
    taskQueue: `test-${randomUUID()}`,
    calendar: DAILY,
    input,
    workflowIdPrefix: id,
    note: null,
    ...given,
    tenantId: input.tenantId,
  };
}

/** The visibility store is written behind the history: asks until it has it. */
async function eventually<Value>(
  ask: () => Promise<Value>,
  wanted: (value: Value) => boolean,
): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (wanted(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Nominal times of the runs of a schedule whose flow has ended. */
async function nominalTimes({ tenantId }: { readonly tenantId: string }): Promise<string[]> {
  const { client } = flows.temporal;
  const times: string[] = [];
  const query = `TenantId = "${tenantId}" AND ExecutionStatus = "Completed" AND WorkflowType = "suspension"`;
  for await (const { workflowId, searchAttributes } of client.workflow.list({ query })) {
    expect(workflowId).toMatch(new RegExp(`^suspension-${tenantId}-\\d{4}-`));
    const [at] = searchAttributes["TemporalScheduledStartTime"] as Date[];
    times.push(at?.toISOString() ?? "none");
  }
  return times.sort();
}

describe("schedules of durable flows", () => {
  test("are put as often as one likes: the calendar changes, what a person paused stays paused", async () => {
    const wanted = scheduleOf();
    const first = await schedules.put(wanted);
    expect(first).toMatchObject({
      scheduleId: wanted.scheduleId,
      flow: SUSPENSION,
      tenantId: wanted.tenantId,
      calendar: DAILY,
      paused: false,
      note: null,
      lastAt: null,
      url: expect.stringContaining(`/schedules/${wanted.scheduleId}`),
    });
    expect(new Date(first.nextAt ?? 0).toLocaleTimeString("en-GB", { timeZone: "Europe/Rome" })).toBe(
      "00:30:00",
    );
    const updatedAt = async () =>
      (await flows.temporal.client.schedule.getHandle(wanted.scheduleId).describe()).info.lastUpdatedAt;
    expect(await schedules.put(wanted)).toEqual(first);
    expect(await updatedAt()).toBeUndefined();
    expect(await schedules.pause(wanted.scheduleId, "audit of the books")).toBe(true);
    const monthly = { ...DAILY, every: "month", dayOfMonth: 3 } as const;
    const changed = await schedules.put({ ...wanted, calendar: monthly });
    expect(changed).toMatchObject({ calendar: monthly, paused: true, note: "audit of the books" });
    expect(changed.nextAt).toBeNull();
    const weekly = { ...DAILY, every: "week", dayOfWeek: 0 } as const;
    expect(await schedules.put({ ...wanted, calendar: weekly })).toMatchObject({ calendar: weekly });
    expect(await updatedAt()).toBeInstanceOf(Date);
    expect(await schedules.resume(wanted.scheduleId, "the audit is over")).toBe(true);
    expect(await schedules.describe(wanted.scheduleId)).toMatchObject({
      paused: false,
      note: "the audit is over",
    });
    await schedules.delete(wanted.scheduleId);
  });

  test("two that put the same at once agree", async () => {
    const wanted = scheduleOf();
    const [left, right] = await Promise.all([schedules.put(wanted), schedules.put(wanted)]);
    expect(left).toEqual(right);
    await schedules.delete(wanted.scheduleId);
  });

  test("start the flow by hand, and for every time that has gone by, both ends included", async () => {
    const wanted = scheduleOf({ calendar: { ...DAILY, timezone: "UTC" } });
    await schedules.put(wanted);
    let atOnce = 0;
    const { activities } = scriptedBilling({
      suspensionStanding: async () => {
        atOnce += 1;
        expect(atOnce).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        atOnce -= 1;
        return { due: false, because: "" };
      },
    });
    await flows.withWorker(
      activities,
      async () => {
        const [from, to] = [Date.UTC(2026, 9, 1, 0, 30), Date.UTC(2026, 9, 4, 0, 30)];
        expect(await schedules.backfill(wanted.scheduleId, from, to)).toBe(true);
        const missed = await eventually(
          () => nominalTimes(wanted),
          (times) => times.length >= 4,
        );
        expect(missed).toEqual([1, 2, 3, 4].map((day) => `2026-10-0${day}T00:30:00.000Z`));
        expect(await schedules.trigger(wanted.scheduleId)).toBe(true);
        await eventually(
          () => nominalTimes(wanted),
          (times) => times.length === 5,
        );
        const { lastAt } = (await schedules.describe(wanted.scheduleId)) ?? {};
        expect(Math.abs(Date.now() - (lastAt ?? 0))).toBeLessThan(60_000);
      },
      wanted.taskQueue,
    );
    await schedules.delete(wanted.scheduleId);
  });

  test("fire once a day also where clocks skip or repeat their hour", async () => {
    const { client, config } = flows.temporal;
    const timesIn = async (hour: number, from: string, to: string): Promise<string[]> => {
      const wanted = scheduleOf({ calendar: { ...DAILY, timezone: "America/New_York", hour, minute: 30 } });
      await schedules.put(wanted);
      const { startTime } = await client.workflowService.listScheduleMatchingTimes({
        namespace: config.namespace,
        scheduleId: wanted.scheduleId,
        startTime: { seconds: (Date.parse(from) / 1000) as never },
        endTime: { seconds: (Date.parse(to) / 1000) as never },
      });
      await schedules.delete(wanted.scheduleId);
      return (startTime ?? []).map(({ seconds }) => new Date(Number(seconds) * 1000).toISOString());
    };
    expect(await timesIn(2, "2027-03-13T05:00Z", "2027-03-16T03:00Z")).toEqual([
      "2027-03-13T07:30:00.000Z",
      "2027-03-14T07:30:00.000Z",
      "2027-03-15T06:30:00.000Z",
    ]);
    expect(await timesIn(1, "2027-11-06T05:00Z", "2027-11-08T10:00Z")).toEqual([
      "2027-11-06T05:30:00.000Z",
      "2027-11-07T07:30:00.000Z",
      "2027-11-08T06:30:00.000Z",
    ]);
  });

  test("are listed by tenant and flow, page by page; those that are not there say so", async () => {
    const mine = scheduleOf();
    const other = { ...mine, scheduleId: `${mine.scheduleId}-2`, workflowIdPrefix: `${mine.scheduleId}-2` };
    await schedules.put(mine);
    await schedules.put(other);
    const list = async (flow: string | null): Promise<string[]> => {
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await schedules.list({ tenantId: mine.tenantId, flow }, { limit: 1, cursor });
        for (const schedule of page.schedules) {
          expect(schedule).toMatchObject({ flow: SUSPENSION, tenantId: mine.tenantId, calendar: DAILY });
          found.push(schedule.scheduleId);
        }
        ({ cursor } = page);
      } while (cursor !== null);
      return found.sort();
    };
    const both = [mine.scheduleId, other.scheduleId];
    expect(
      await eventually(
        () => list(null),
        (ids) => ids.length === 2,
      ),
    ).toEqual(both);
    expect(await list(SUSPENSION)).toEqual(both);
    expect(await list("lunch")).toEqual([]);
    for (const id of both) expect(await schedules.delete(id)).toBe(true);
    expect(await schedules.describe(mine.scheduleId)).toBeNull();
    const gone = [
      schedules.pause(mine.scheduleId, "x"),
      schedules.resume(mine.scheduleId, "x"),
      schedules.trigger(mine.scheduleId),
      schedules.backfill(mine.scheduleId, 0, 1),
      schedules.delete(mine.scheduleId),
    ];
    expect(await Promise.all(gone)).toEqual([false, false, false, false, false]);
  });
});
