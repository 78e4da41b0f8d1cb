import { z } from "zod";
import { ANSWERED } from "#workflows/n8n-step/api.ts";
import type { AddRoute } from "../rest/context.ts";
import { ProblemError } from "../rest/problems.ts";

const params = z.object({ token: z.string().max(1_000) });

/** POST /api/v2/n8n-steps/:token: the answer of a step in n8n, any JSON. The address is the key: signed, of one run, until it expires. */
export const answerStep: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/n8n-steps/:token",
    schema: { hide: true, params },
    handler: async (request, reply) => {
      const { stepLinks, flows, clock } = dependencies;
      const link = stepLinks.read(request.params.token, clock.now());
      if (link === null)
        throw new ProblemError("not_found", "There is no such step, or its time to be answered is over.");
      const run = await flows.describe(link.workflowId);
      const isCurrent = run !== null && run.runId === link.runId;
      const sent = isCurrent ? await flows.signal(run, ANSWERED, request.body ?? null) : { kind: "over" };
      if (sent.kind === "over")
        throw new ProblemError("conflict", "The step has been answered or given up: nothing has changed.");
      return reply.code(202).send({ accepted: true });
    },
  });
};
