import { ScheduleAlreadyRunning, ScheduleNotFoundError, type ScheduleOptions } from "@temporalio/client";
import { TypedSearchAttributes } from "@temporalio/common";
import type { temporal as protocol } from "@temporalio/proto";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "#domain/clock.ts";
import type { FlowSchedule, FlowSchedules, NewFlowSchedule } from "#domain/flows/schedules.ts";
import { FLOW_NAME, TENANT_ID } from "#domain/flows/search-attributes.ts";
import { namespaceLink, onTemporal, type TemporalClient } from "./client.ts";
import { calendarOf, isSpecOf, specOf } from "./schedule-spec.ts";

/** Beyond it Temporal counts as away. */
const CALL_MS_MAX = 10_000;

/** A server that was away runs what it has missed, however long that was. */
const CATCH_UP = "365 days";

/**
 * Runs never overlap: those that are due meanwhile wait their turn. With BUFFER_ONE a server that was away for five days would run two of the
 * five.
 */
const POLICIES = { overlap: "BUFFER_ALL", catchupWindow: CATCH_UP } as const;

export function createFlowSchedules(temporal: TemporalClient, clock: Clock): FlowSchedules {
  const { client } = temporal;
  const handleOf = (scheduleId: string) => client.schedule.getHandle(scheduleId);
  const act = async (call: () => Promise<void>): Promise<boolean> =>
    (await whereThereIs(temporal, () => call().then(() => true))) ?? false;
  const describe = async (scheduleId: string): Promise<FlowSchedule | null> => {
    const found = await whereThereIs(temporal, () => handleOf(scheduleId).describe());
    return found === null ? null : scheduleOf(temporal, scheduleId, shownOf(found.raw));
  };
  return {
    async put(schedule) {
      const now = clock.now();
      if (!(await change(temporal, schedule, now))) await create(temporal, schedule, now);
      const stands = await describe(schedule.scheduleId);
      if (stands === null) throw new Error(`${schedule.scheduleId} was put and is not there`);
      return stands;
    },
    describe,
    list: (filter, page) => within(temporal, () => listSchedules(temporal, filter, page)),
    pause: (scheduleId, note) => act(() => handleOf(scheduleId).pause(note)),
    resume: (scheduleId, note) => act(() => handleOf(scheduleId).unpause(note)),
    trigger: (scheduleId) => act(() => handleOf(scheduleId).trigger("BUFFER_ALL")),
    backfill: (scheduleId, from, to) =>
      act(() =>
        handleOf(scheduleId).backfill({
          // The server leaves out the very first instant.
          start: new Date(from - 1),
          end: new Date(to),
        }),
      ),
    delete: (scheduleId) => act(() => handleOf(scheduleId).delete()),
  };
}

function within<Result>({ client }: TemporalClient, call: () => Promise<Result>): Promise<Result> {
  return onTemporal(() => client.withDeadline(Date.now() + CALL_MS_MAX, call));
}

/** Null where there is no such schedule. */
async function whereThereIs<Result>(
  temporal: TemporalClient,
  call: () => Promise<Result>,
): Promise<Result | null> {
  try {
    return await within(temporal, call);
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

async function create(temporal: TemporalClient, schedule: NewFlowSchedule, now: number): Promise<void> {
  try {
    await within(temporal, () => temporal.client.schedule.create(optionsOf(schedule, now)));
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    // Made by another process in the same moment.
    await change(temporal, schedule, now);
  }
}

/** An update also drops what is due and not yet started, so nothing is sent that changes nothing. @returns whether it is there. */
async function change(temporal: TemporalClient, schedule: NewFlowSchedule, now: number): Promise<boolean> {
  const handle = temporal.client.schedule.getHandle(schedule.scheduleId);
  const stands = await whereThereIs(temporal, () => handle.describe());
  if (stands === null) return false;
  const { spec, action, state } = optionsOf(schedule, now);
  if (isSpecOf(stands.raw.schedule?.spec ?? {}, schedule.calendar, now) && isRest(stands, schedule))
    return true;
  const { paused, note } = stands.state;
  const changed = await whereThereIs(temporal, async () => {
    const kept = { paused, ...(note === undefined ? {} : { note }) };
    await handle.update(() => ({ spec, action, policies: POLICIES, state: { ...kept, ...state } }));
    return true;
  });
  return changed ?? false;
}

function optionsOf(schedule: NewFlowSchedule, now: number): ScheduleOptions {
  const { scheduleId, flow, taskQueue, tenantId, calendar, input, workflowIdPrefix, note } = schedule;
  const whose = tenantId === null ? [] : [{ key: TENANT_ID, value: tenantId }];
  return {
    scheduleId,
    spec: specOf(calendar, now),
    action: {
      type: "startWorkflow",
      workflowType: flow,
      taskQueue,
      workflowId: workflowIdPrefix,
      args: [input],
      staticSummary: `${flow}${tenantId === null ? "" : `: ${tenantId}`}, by its schedule`,
      staticDetails: `Started by the schedule ${scheduleId}.`,
      typedSearchAttributes: new TypedSearchAttributes(whose),
    },
    policies: POLICIES,
    typedSearchAttributes: new TypedSearchAttributes([...whose, { key: FLOW_NAME, value: flow }]),
    state: note === null ? {} : { note },
  };
}

type Described = Awaited<
  ReturnType<ReturnType<TemporalClient["client"]["schedule"]["getHandle"]>["describe"]>
>;

/** Whether all but the times is as it is wanted. */
function isRest({ action, state }: Described, schedule: NewFlowSchedule): boolean {
  const { flow, taskQueue, workflowIdPrefix, input, note } = schedule;
  const stands = [action.workflowType, action.taskQueue, action.workflowId, action.args];
  const wanted = [flow, taskQueue, workflowIdPrefix, [JSON.parse(JSON.stringify(input))]];
  return isDeepStrictEqual(stands, wanted) && (note === null || note === state.note);
}

/** What both a description and a row of the list hold. */
type Shown = Pick<
  protocol.api.schedule.v1.IScheduleListInfo,
  "spec" | "workflowType" | "notes" | "paused" | "recentActions" | "futureActionTimes"
> & { readonly searchAttributes: protocol.api.common.v1.ISearchAttributes | null | undefined };

function shownOf({ schedule, info, searchAttributes }: Described["raw"]): Shown {
  return {
    spec: schedule?.spec ?? null,
    workflowType: schedule?.action?.startWorkflow?.workflowType ?? null,
    notes: schedule?.state?.notes ?? null,
    paused: schedule?.state?.paused ?? null,
    recentActions: info?.recentActions ?? null,
    futureActionTimes: info?.futureActionTimes ?? null,
    searchAttributes,
  };
}

function scheduleOf({ config }: TemporalClient, scheduleId: string, shown: Shown): FlowSchedule {
  const tenant = shown.searchAttributes?.indexedFields?.[TENANT_ID.name]?.data;
  const paused = shown.paused === true;
  return {
    scheduleId,
    flow: shown.workflowType?.name ?? "",
    tenantId: tenant ? String(JSON.parse(Buffer.from(tenant).toString())) : null,
    calendar: calendarOf(shown.spec ?? {}),
    paused,
    note: shown.notes || null,
    nextAt: paused ? null : epochMs(shown.futureActionTimes?.[0]),
    lastAt: epochMs(shown.recentActions?.at(-1)?.actualTime),
    url: `${namespaceLink(config)}/schedules/${encodeURIComponent(scheduleId)}`,
  };
}

function epochMs(time: protocol.api.schedule.v1.IScheduleActionResult["actualTime"]): number | null {
  if (time === null || time === undefined) return null;
  return Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
}

async function listSchedules(
  temporal: TemporalClient,
  { tenantId, flow }: Parameters<FlowSchedules["list"]>[0],
  { limit, cursor }: Parameters<FlowSchedules["list"]>[1],
): ReturnType<FlowSchedules["list"]> {
  const terms = { [TENANT_ID.name]: tenantId, [FLOW_NAME.name]: flow };
  const { schedules, nextPageToken } = await temporal.client.workflowService.listSchedules({
    namespace: temporal.config.namespace,
    query: Object.entries(terms)
      .flatMap(([name, value]) => (value === null ? [] : [`${name} = "${value.replace(/["\\]/g, "")}"`]))
      .join(" AND "),
    maximumPageSize: limit,
    ...(cursor === null ? {} : { nextPageToken: Buffer.from(cursor, "base64url") }),
  });
  const next = Buffer.from(nextPageToken ?? []).toString("base64url");
  return {
    schedules: (schedules ?? []).map(({ scheduleId, info, searchAttributes }) =>
      scheduleOf(temporal, scheduleId ?? "", { ...info, searchAttributes }),
    ),
    cursor: next === "" ? null : next,
  };
}
