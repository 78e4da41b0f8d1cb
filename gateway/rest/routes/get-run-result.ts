import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { runParams } from "../flow-bodies.ts";
import { visibleRun } from "../flow-catalog.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY } from "../schemas.ts";

const query = z.object({
  wait_ms: z.coerce.number().int().min(0).max(30_000).default(0).describe("How long to wait for its end"),
});

const result = z
  .object({
    status: z.enum(["completed", "running", "failed"]),
    output: z.unknown().describe("By the catalog's schema, of a completed run"),
    failure: z.object({ type: z.string(), message: z.string() }).nullable(),
  })
  .meta({
    examples: [
      {
        status: "completed",
        output: { result: "reinstated", by: "support: Kim", reason: "paid" },
        failure: null,
      },
    ],
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
      response: { 200: result, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const { run } = await visibleRun(request, dependencies, request.params.id);
      // One that is not even asked for is answered at once; Temporal is given a moment all the same.
      const outcome = await dependencies.flows.result(run.workflowId, Math.max(request.query.wait_ms, 100));
      if (outcome.kind === "completed")
        return { status: outcome.kind, output: outcome.output, failure: null };
      if (outcome.kind === "running") return { status: outcome.kind, output: null, failure: null };
      return {
        status: outcome.kind,
        output: null,
        failure: { type: outcome.type, message: outcome.message },
      };
    },
  });
};
