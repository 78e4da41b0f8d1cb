import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { runBody, runParams, toRunBody } from "../flow-bodies.ts";
import { runIsOver, visibleRun } from "../flow-catalog.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const request = z
  .strictObject({ reason: z.string().trim().min(1, "is needed: why").max(500) })
  .meta({ examples: [{ reason: "started by mistake" }] });

/** POST /api/v2/workflows/runs/:id/terminate */
export const terminateRun: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/workflows/runs/:id/terminate",
    config: { operation: "runs.terminate" },
    schema: {
      operationId: "terminateWorkflowRun",
      summary: "Terminate a run",
      description: "Ends it at once, wherever it is: nothing is undone.",
      tags: ["workflows"],
      security: ADMINISTRATION_KEY,
      params: runParams,
      body: request,
      response: { 202: runBody, ...problemResponses(400, 404, 409, 413, 415) },
    },
    handler: async (httpRequest, reply) => {
      const { id } = httpRequest.params;
      const { run } = await visibleRun(httpRequest, dependencies, id);
      const sent = await dependencies.flows.terminate(
        run,
        `${actorName(actorOf(httpRequest))}: ${httpRequest.body.reason}`,
      );
      if (sent.kind === "over") throw runIsOver(id);
      const { run: now } = await visibleRun(httpRequest, dependencies, id);
      return reply.code(202).send(toRunBody(now));
    },
  });
};
