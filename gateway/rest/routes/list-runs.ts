import { z } from "zod";
import { RUN_STATUSES } from "#domain/flows/runs.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { RUN_EXAMPLE, runBody, toRunBody } from "../flow-bodies.ts";
import { FLOW_NAMES } from "../flow-catalog.ts";
import { pageOf, pageQuery } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY, tenantId, time } from "../schemas.ts";
import { noSuchTenant } from "../tenant-access.ts";

const query = pageQuery.extend({
  tenant_id: tenantId.optional().describe("A tenant's key sees its own alone"),
  workflow: z.enum(FLOW_NAMES).optional(),
  status: z.enum(RUN_STATUSES).optional(),
  started_from: time.optional(),
  started_before: time.optional(),
});

/** GET /api/v2/workflows/runs: the latest first. */
export const listRuns: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/workflows/runs",
    config: { operation: "runs.list" },
    schema: {
      operationId: "listWorkflowRuns",
      summary: "List runs of workflows",
      description:
        "By tenant, workflow, status and time. A run is listed within about a second of its start.",
      tags: ["workflows"],
      security: ANY_KEY,
      querystring: query,
      response: {
        200: pageOf(runBody).meta({ examples: [{ data: [RUN_EXAMPLE], next: null }] }),
        ...problemResponses(400, 404),
      },
    },
    handler: async (request) => {
      const {
        tenant_id: named,
        workflow,
        status,
        started_from: from,
        started_before: to,
        limit,
        cursor,
      } = request.query;
      const actor = actorOf(request);
      const own = actor.kind === "tenant" ? actor.tenantId : null;
      if (own !== null && named !== undefined && named !== own) throw noSuchTenant(named);
      const page = await dependencies.flows.list(
        {
          tenantId: own ?? named ?? null,
          flow: workflow ?? null,
          status: status ?? null,
          from: from === undefined ? null : Date.parse(from),
          to: to === undefined ? null : Date.parse(to),
        },
        { limit, cursor: cursor ?? null },
      );
      return { data: page.runs.map(toRunBody), next: page.cursor };
    },
  });
};
