import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { inputBody, messageParams } from "../flow-bodies.ts";
import { messageOf, parsedInput, runIsOver, visibleRun } from "../flow-catalog.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const answer = z.object({ output: z.unknown() }).meta({ examples: [{ output: null }] });

/** POST /api/v2/workflows/runs/:id/signals/:name */
export const signalRun: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/workflows/runs/:id/signals/:name",
    config: { operation: "runs.signal" },
    schema: {
      operationId: "signalWorkflowRun",
      summary: "Send a signal to a run",

      tags: ["workflows"],
      security: ADMINISTRATION_KEY,
      params: messageParams,

      body: inputBody,
      response: { 202: answer, ...problemResponses(400, 404, 409, 413, 415) },
    },
    handler: async (request, reply) => {
      const { id, name } = request.params;
      const { run, flow } = await visibleRun(request, dependencies, id);
      const { input: schema } = messageOf(request, flow.signals, name, "signal");
      const input = parsedInput(schema, request.body.input);
      const sent = await dependencies.flows.signal(run, name, input);
      if (sent.kind === "over") throw runIsOver(id);

      return reply.code(202).send({ output: null });
    },
  });
};
