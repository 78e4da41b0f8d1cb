import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { runBody, runParams, toRunBody } from "../flow-bodies.ts";
import { runIsOver, visibleRun } from "../flow-catalog.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const request = z
  .strictObject({
    to: z
      .union([z.enum(["first", "last"]), z.int().min(1)], "must be first, last, or an event's id")
      .describe("The run's first or last decision, or the event_id of a workflow_task_completed"),
    reason: z.string().trim().min(1, "is needed: why").max(500),
  })
  .meta({ examples: [{ to: "first", reason: "the provider's outage is over" }] });

/** POST /api/v2/workflows/runs/:id/reset */
export const resetRun: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/workflows/runs/:id/reset",
    config: { operation: "runs.reset" },
    schema: {
      operationId: "resetWorkflowRun",
      summary: "Begin a run anew from a point of its history",
      description:
        "The run ends, and a new one takes its place with what had happened up to that point. What came after is done again, by the code of today: every activity has its effect once all the same. Signals and updates that came after are told again.",
      tags: ["workflows"],
      security: ADMINISTRATION_KEY,
      params: runParams,
      body: request,
      response: { 202: runBody, ...problemResponses(400, 404, 409, 413, 415) },
    },
    handler: async (httpRequest, reply) => {
      const { id } = httpRequest.params;
      const { to, reason } = httpRequest.body;
      const { run } = await visibleRun(httpRequest, dependencies, id);
      const author = actorName(actorOf(httpRequest));
      const sent = await dependencies.flows.reset(run, to, `${author}: ${reason}`);
      if (sent.kind === "over") throw runIsOver(id);
      if (sent.kind === "refused")
        throw new ProblemError("conflict", `${id} cannot be reset: ${sent.message}.`);
      const { run: now } = await visibleRun(httpRequest, dependencies, id);
      return reply.code(202).send(toRunBody(now));
    },
  });
};
