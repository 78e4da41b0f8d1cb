import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { partyOf } from "#domain/access/permissions.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { flowNamed, parsedInput } from "../flow-catalog.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import {
  calendarBody,
  SCHEDULE_EXAMPLE,
  scheduleBody,
  signedNote,
  toCalendar,
  toScheduleBody,
} from "../schedule-bodies.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";

const request = z
  .strictObject({
    workflow: z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, "must be a workflow's name"),
    input: z
      .record(z.string(), z.unknown())
      .describe("Of every start, by the JSON Schema in the catalog; actor is the key's own name if left out"),
    calendar: calendarBody,
    note: z.string().trim().min(1).max(500).optional(),
  })
  .meta({
    examples: [
      {
        workflow: "invoicing",
        input: { tenantId: "TENANT-001", walletId: null, through: null },
        calendar: { every: "month", timezone: "Europe/Rome", hour: 0, minute: 10, day_of_month: 1 },
      },
    ],
  });

/** POST /api/v2/schedules: has a flow started by a calendar; one schedule per business key. */
export const createSchedule: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/schedules",
    config: { operation: "schedules.create" },
    schema: {
      operationId: "createSchedule",
      summary: "Have a workflow started by a calendar",
      description:
        "201 when the schedule is new; 200 where one with the same business key was there, which has this calendar and input from now on: sending it again changes nothing.",
      tags: ["schedules"],
      security: ADMINISTRATION_KEY,
      body: request,
      response: {
        200: scheduleBody,
        201: scheduleBody.meta({ examples: [SCHEDULE_EXAMPLE] }),
        ...problemResponses(400, 404, 409, 413, 415),
      },
    },
    handler: async (httpRequest, reply) => {
      const { workflow, input: given, calendar, note } = httpRequest.body;
      const flow = flowNamed(workflow);
      const actor = actorOf(httpRequest);
      if (flow.schedule === undefined)
        throw new ProblemError(
          "conflict",
          `${flow.title} is not started by a calendar: it starts by ${flow.startedBy}.`,
        );
      if (!flow.schedule.parties.includes(partyOf(actor)))
        throw new ProblemError("forbidden", `This key may not make schedules of ${flow.name}.`);
      const input = parsedInput(flow.input, { actor: actorName(actor), ...given });
      const { scheduleId, tenantId } = flow.schedule.identify(input as never);
      if (tenantId !== null) await visibleTenant(httpRequest, dependencies, tenantId);
      const isThere = (await dependencies.schedules.describe(scheduleId)) !== null;
      const schedule = await dependencies.schedules.put({
        scheduleId,
        flow: flow.name,
        taskQueue: flow.taskQueue,
        tenantId,
        calendar: toCalendar(calendar),
        input,
        workflowIdPrefix: scheduleId,
        note: note === undefined ? null : signedNote(httpRequest, note),
      });
      return reply.code(isThere ? 200 : 201).send(toScheduleBody(schedule));
    },
  });
};
