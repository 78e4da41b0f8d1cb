import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { runParams, runResult, toRunResult } from "../flow-bodies.ts";
import { visibleRun } from "../flow-catalog.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY } from "../schemas.ts";

const query = z.object({
  wait_ms: z.coerce.number().int().min(0).max(30_000).default(0).describe("How long to wait for its end"),
});

/** GET /api/v2/workflows/runs/:id/result */
export const getRunResult: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/workflows/runs/:id/result",
    config: { operation: "runs.result" },
    schema: {
      operationId: "getWorkflowRunResult",
      summary: "Read a run's result, or wait for it",
      tags: ["workflows"],
      security: ANY_KEY,
      params: runParams,
      querystring: query,
      response: { 200: runResult, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const { run } = await visibleRun(request, dependencies, request.params.id);
      // One that is not even asked for is answered at once; Temporal is given a moment all the same.
      return toRunResult(
        await dependencies.flows.result(run.workflowId, Math.max(request.query.wait_ms, 100)),
      );
    },
  });
};
