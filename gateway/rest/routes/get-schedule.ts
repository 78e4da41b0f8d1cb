import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import { scheduleBody, scheduleParams, toScheduleBody, visibleSchedule } from "../schedule-bodies.ts";
import { ANY_KEY } from "../schemas.ts";

/** GET /api/v2/schedules/:id */
export const getSchedule: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/schedules/:id",
    config: { operation: "schedules.read" },
    schema: {
      operationId: "getSchedule",
      summary: "Read a schedule",
      tags: ["schedules"],
      security: ANY_KEY,
      params: scheduleParams,
      response: { 200: scheduleBody, ...problemResponses(400, 404) },
    },
    handler: async (request) =>
      toScheduleBody(await visibleSchedule(request, dependencies, request.params.id)),
  });
};
