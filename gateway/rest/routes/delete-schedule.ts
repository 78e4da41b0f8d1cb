import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import { changeableSchedule, noSuchSchedule, scheduleParams } from "../schedule-bodies.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

/** DELETE /api/v2/schedules/:id */
export const deleteSchedule: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "DELETE",
    url: "/api/v2/schedules/:id",
    config: { operation: "schedules.delete" },
    schema: {
      operationId: "deleteSchedule",
      summary: "Delete a schedule",
      description: "Runs that it has started go on.",
      tags: ["schedules"],
      security: ADMINISTRATION_KEY,
      params: scheduleParams,
      response: { 204: z.undefined().describe("Deleted"), ...problemResponses(400, 404) },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await changeableSchedule(request, dependencies, id);
      if (!(await dependencies.schedules.delete(id))) throw noSuchSchedule(id);
      return reply.code(204).send();
    },
  });
};
