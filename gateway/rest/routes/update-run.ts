import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { inputBody, messageParams } from "../flow-bodies.ts";
import { messageOf, parsedInput, runIsOver, visibleRun } from "../flow-catalog.ts";
import { idempotencyKey } from "../idempotency.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, idempotencyHeaders } from "../schemas.ts";

const answer = z
  .object({ output: z.unknown() })
  .meta({ examples: [{ output: { status: "reinstated", dueAt: null, suspendedAt: null } }] });

/** POST /api/v2/workflows/runs/:id/updates/:name */
export const updateRun: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/workflows/runs/:id/updates/:name",
    config: { operation: "runs.update" },
    schema: {
      operationId: "updateWorkflowRun",
      summary: "Ask a run to change something, and wait for its answer",
      description:
        "What the flow refuses is a 409 with its reason, and nothing of it stands in its history. The same Idempotency-Key is the same update.",
      tags: ["workflows"],
      security: ADMINISTRATION_KEY,
      params: messageParams,
      headers: idempotencyHeaders,
      body: inputBody,
      response: { 200: answer, ...problemResponses(400, 404, 409, 413, 415) },
    },
    handler: async (request, reply) => {
      const { id, name } = request.params;
      const { run, flow } = await visibleRun(request, dependencies, id);
      const { input: schema } = messageOf(request, flow.updates, name, "update");
      const input = parsedInput(schema, request.body.input);
      const updateId = idempotencyKey(request) ?? dependencies.newId();
      const sent = await dependencies.flows.update(run, name, input, updateId);
      if (sent.kind === "over") throw runIsOver(id);
      if (sent.kind === "refused")
        throw new ProblemError("conflict", `${id} refuses ${name}: ${sent.message}.`);
      return reply.code(200).send({ output: sent.output });
    },
  });
};
