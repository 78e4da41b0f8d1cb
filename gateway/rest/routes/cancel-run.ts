import type { AddRoute } from "../context.ts";
import { runBody, runParams, toRunBody } from "../flow-bodies.ts";
import { runIsOver, visibleRun } from "../flow-catalog.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

/** POST /api/v2/workflows/runs/:id/cancel */
export const cancelRun: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/workflows/runs/:id/cancel",
    config: { operation: "runs.cancel" },
    schema: {
      operationId: "cancelWorkflowRun",
      summary: "Cancel a run",
      description: "Asks the flow to end: it undoes first what it has to.",
      tags: ["workflows"],
      security: ADMINISTRATION_KEY,
      params: runParams,

      response: { 202: runBody, ...problemResponses(400, 404, 409) },
    },
    handler: async (httpRequest, reply) => {
      const { id } = httpRequest.params;
      const { run } = await visibleRun(httpRequest, dependencies, id);
      const sent = await dependencies.flows.cancel(run);
      if (sent.kind === "over") throw runIsOver(id);
      const { run: now } = await visibleRun(httpRequest, dependencies, id);
      return reply.code(202).send(toRunBody(now));
    },
  });
};
