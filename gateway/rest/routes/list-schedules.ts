import { z } from "zod";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { pageOf, pageQuery } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { SCHEDULE_EXAMPLE, scheduleBody, toScheduleBody } from "../schedule-bodies.ts";
import { ANY_KEY, tenantId } from "../schemas.ts";
import { noSuchTenant } from "../tenant-access.ts";

const query = pageQuery.extend({
  tenant_id: tenantId.optional().describe("A tenant's key sees its own alone"),
  workflow: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, "must be a workflow's name")
    .optional(),
});

/** GET /api/v2/schedules */
export const listSchedules: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/schedules",
    config: { operation: "schedules.list" },
    schema: {
      operationId: "listSchedules",
      summary: "List schedules of workflows",
      description: "By tenant and workflow. A schedule is listed within about a second of its making.",
      tags: ["schedules"],
      security: ANY_KEY,
      querystring: query,
      response: {
        200: pageOf(scheduleBody).meta({ examples: [{ data: [SCHEDULE_EXAMPLE], next: null }] }),
        ...problemResponses(400, 404),
      },
    },
    handler: async (request) => {
      const { tenant_id: named, workflow, limit, cursor } = request.query;
      const actor = actorOf(request);
      const own = actor.kind === "tenant" ? actor.tenantId : null;
      if (own !== null && named !== undefined && named !== own) throw noSuchTenant(named);
      const page = await dependencies.schedules.list(
        { tenantId: own ?? named ?? null, flow: workflow ?? null },
        { limit, cursor: cursor ?? null },
      );
      return { data: page.schedules.map(toScheduleBody), next: page.cursor };
    },
  });
};
