import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import {
  changeableSchedule,
  noSuchSchedule,
  scheduleBody,
  scheduleParams,
  toScheduleBody,
} from "../schedule-bodies.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

/** POST /api/v2/schedules/:id/trigger */
export const triggerSchedule: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/schedules/:id/trigger",
    config: { operation: "schedules.trigger" },
    schema: {
      operationId: "triggerSchedule",
      summary: "Start a schedule's workflow now",
      description: "Also while it is paused; it waits for a run that goes on.",
      tags: ["schedules"],
      security: ADMINISTRATION_KEY,
      params: scheduleParams,
      response: { 202: scheduleBody, ...problemResponses(400, 404) },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await changeableSchedule(request, dependencies, id);
      const done = await dependencies.schedules.trigger(id);
      const now = await dependencies.schedules.describe(id);
      if (!done || now === null) throw noSuchSchedule(id);
      return reply.code(202).send(toScheduleBody(now));
    },
  });
};
