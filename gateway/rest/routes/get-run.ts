import type { AddRoute } from "../context.ts";
import { runBody, runParams, toRunBody } from "../flow-bodies.ts";
import { visibleRun } from "../flow-catalog.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY } from "../schemas.ts";

/** GET /api/v2/workflows/runs/:id: the latest run of a business key. */
export const getRun: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/workflows/runs/:id",
    config: { operation: "runs.read" },
    schema: {
      operationId: "getWorkflowRun",
      summary: "Read a run",
      tags: ["workflows"],
      security: ANY_KEY,
      params: runParams,
      response: { 200: runBody, ...problemResponses(400, 404) },
    },
    handler: async (request) => toRunBody((await visibleRun(request, dependencies, request.params.id)).run),
  });
};
