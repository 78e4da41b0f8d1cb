import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { messageParams } from "../flow-bodies.ts";
import { messageOf, runIsOver, visibleRun } from "../flow-catalog.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY } from "../schemas.ts";

const answer = z
  .object({ output: z.unknown() })
  .meta({ examples: [{ output: { status: "suspended", dueAt: null, suspendedAt: 1735149600000 } }] });

/** GET /api/v2/workflows/runs/:id/queries/:name */
export const queryRun: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/workflows/runs/:id/queries/:name",
    config: { operation: "runs.query" },
    schema: {
      operationId: "queryWorkflowRun",
      summary: "Ask a run how it stands",
      tags: ["workflows"],
      security: ANY_KEY,
      params: messageParams,
      response: { 200: answer, ...problemResponses(400, 404, 409) },
    },
    handler: async (request) => {
      const { id, name } = request.params;
      const { run, flow } = await visibleRun(request, dependencies, id);
      messageOf(request, flow.queries, name, "query");
      const sent = await dependencies.flows.query(run, name);
      if (sent.kind !== "done") throw runIsOver(id);
      return { output: sent.output };
    },
  });
};
