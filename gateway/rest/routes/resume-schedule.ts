import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import {
  changeableSchedule,
  noSuchSchedule,
  noteBody,
  scheduleBody,
  scheduleParams,
  signedNote,
  toScheduleBody,
} from "../schedule-bodies.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

/** POST /api/v2/schedules/:id/resume */
export const resumeSchedule: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/schedules/:id/resume",
    config: { operation: "schedules.resume" },
    schema: {
      operationId: "resumeSchedule",
      summary: "Resume a schedule",
      description: "What fell due while it was paused is not made up for: backfill does that.",
      tags: ["schedules"],
      security: ADMINISTRATION_KEY,
      params: scheduleParams,
      body: noteBody,
      response: { 200: scheduleBody, ...problemResponses(400, 404, 413, 415) },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await changeableSchedule(request, dependencies, id);
      const done = await dependencies.schedules.resume(id, signedNote(request, request.body.note));
      const now = await dependencies.schedules.describe(id);
      if (!done || now === null) throw noSuchSchedule(id);
      return reply.code(200).send(toScheduleBody(now));
    },
  });
};
