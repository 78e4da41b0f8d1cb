import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { partyOf } from "#domain/access/permissions.ts";
import type { FlowCalendar, FlowSchedule } from "#domain/flows/schedules.ts";
import { actorOf } from "./authenticate.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import { FLOWS } from "./flow-catalog.ts";
import { ProblemError } from "./problems.ts";
import { isoTime, TIME_EXAMPLE, timezone } from "./schemas.ts";

export const scheduleParams = z.object({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/, "must be a schedule's id")
    .describe("The schedule's id: the business key"),
});

const number = (least: number, most: number) =>
  z.int(`must be a whole number`).min(least, `must be ${least} or more`).max(most, `must be ${most} or less`);

export const calendarBody = z
  .strictObject({
    every: z.enum(["day", "week", "month"]),
    timezone,
    hour: number(0, 23),
    minute: number(0, 59),
    day_of_week: number(0, 6).optional().describe("0 = Sunday; of weekly ones"),
    day_of_month: number(1, 28).optional().describe("Of monthly ones: a day that every month has"),
  })
  .superRefine(({ every, day_of_week: week, day_of_month: month }, context) => {
    const wrong = (path: string, message: string): void =>
      context.addIssue({ code: "custom", path: [path], message });
    if (every === "week" && week === undefined) wrong("day_of_week", "is needed: 0 (Sunday) to 6");
    if (every !== "week" && week !== undefined)
      wrong("day_of_week", "is of weekly schedules alone: leave it out");
    if (every === "month" && month === undefined) wrong("day_of_month", "is needed: 1 to 28");
    if (every !== "month" && month !== undefined)
      wrong("day_of_month", "is of monthly schedules alone: leave it out");
  })
  .meta({ examples: [{ every: "month", timezone: "Europe/Rome", hour: 0, minute: 10, day_of_month: 1 }] });

export function toCalendar(body: z.infer<typeof calendarBody>): FlowCalendar {
  const { day_of_week: dayOfWeek, day_of_month: dayOfMonth, ...rest } = body;
  return {
    ...rest,
    ...(dayOfWeek === undefined ? {} : { dayOfWeek }),
    ...(dayOfMonth === undefined ? {} : { dayOfMonth }),
  };
}

export const SCHEDULE_EXAMPLE = {
  schedule_id: "invoicing-TENANT-001",
  workflow: "invoicing",
  tenant_id: "TENANT-001",
  calendar: { every: "month" as const, timezone: "Europe/Rome", hour: 0, minute: 10, day_of_month: 1 },
  paused: false,
  note: null,
  next_at: TIME_EXAMPLE,
  last_at: null,
  url: "http://127.0.0.1:8233/namespaces/default/schedules/invoicing-TENANT-001",
};

export const scheduleBody = z
  .object({
    schedule_id: z.string(),
    workflow: z.string(),
    tenant_id: z.string().nullable().describe("Null: it is the platform's own"),
    calendar: z.object({
      every: z.enum(["day", "week", "month"]),
      timezone: z.string(),
      hour: z.int(),
      minute: z.int(),
      day_of_week: z.int().optional(),
      day_of_month: z.int().optional(),
    }),
    paused: z.boolean(),
    note: z.string().nullable().describe("Why it is paused, or what a person wrote last"),
    next_at: z.string().nullable(),
    last_at: z.string().nullable(),
    url: z.string().describe("In Temporal's Web UI"),
  })
  .meta({ id: "Schedule", examples: [SCHEDULE_EXAMPLE] });

export function toScheduleBody(schedule: FlowSchedule): z.infer<typeof scheduleBody> {
  const { dayOfWeek, dayOfMonth, ...calendar } = schedule.calendar;
  return {
    schedule_id: schedule.scheduleId,
    workflow: schedule.flow,
    tenant_id: schedule.tenantId,
    calendar: {
      ...calendar,
      ...(dayOfWeek === undefined ? {} : { day_of_week: dayOfWeek }),
      ...(dayOfMonth === undefined ? {} : { day_of_month: dayOfMonth }),
    },
    paused: schedule.paused,
    note: schedule.note,
    next_at: schedule.nextAt === null ? null : isoTime(schedule.nextAt),
    last_at: schedule.lastAt === null ? null : isoTime(schedule.lastAt),
    url: schedule.url,
  };
}

/** What a person writes when pausing or resuming. */
export const noteBody = z
  .strictObject({ note: z.string().trim().min(1, "is needed: why").max(500) })
  .meta({ examples: [{ note: "audit of the books" }] });

/** A note with its author. */
export function signedNote(request: FastifyRequest, note: string): string {
  return `${actorName(actorOf(request))}: ${note}`;
}

export function noSuchSchedule(scheduleId: string): ProblemError {
  return new ProblemError("not_found", `There is no schedule ${scheduleId}.`);
}

/** The schedule, if the actor may see it: a tenant sees its own alone, and of others what it would see of none. */
export async function visibleSchedule(
  request: FastifyRequest,
  { schedules }: Pick<GatewayDependencies, "schedules">,
  scheduleId: string,
): Promise<FlowSchedule> {
  const actor = actorOf(request);
  const schedule = await schedules.describe(scheduleId);
  const visible = actor.kind === "administrator" || schedule?.tenantId === actor.tenantId;
  if (schedule === null || !visible) throw noSuchSchedule(scheduleId);
  return schedule;
}

/** The schedule, if the actor may change it: who may is said by the flow that it starts. */
export async function changeableSchedule(
  request: FastifyRequest,
  dependencies: Pick<GatewayDependencies, "schedules">,
  scheduleId: string,
): Promise<FlowSchedule> {
  const schedule = await visibleSchedule(request, dependencies, scheduleId);
  const parties = FLOWS.find(({ name }) => name === schedule.flow)?.schedule?.parties ?? [];
  if (!parties.includes(partyOf(actorOf(request))))
    throw new ProblemError("forbidden", `This key may not change schedules of ${schedule.flow}.`);
  return schedule;
}
