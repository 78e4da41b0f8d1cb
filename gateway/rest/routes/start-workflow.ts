import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { partyOf } from "#domain/access/permissions.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { RUN_EXAMPLE, runBody, toRunBody } from "../flow-bodies.ts";
import { flowNamed, parsedInput } from "../flow-catalog.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";

const params = z.object({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, "must be a workflow's name"),
});

const request = z
  .strictObject({
    input: z
      .record(z.string(), z.unknown())
      .describe("By the JSON Schema in the catalog; actor is the key's own name if left out"),
  })
  .meta({
    examples: [
      {
        input: {
          tenantId: "TENANT-001",
          cause: "person",
          walletId: null,
          graceSeconds: 86400,
          reason: "terms of use",
        },
      },
    ],
  });

/** POST /api/v2/workflows/:name: starts a flow, once per business key. */
export const startWorkflow: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/workflows/:name",
    config: { operation: "workflows.start" },
    schema: {
      operationId: "startWorkflow",
      summary: "Start a durable workflow",
      description:
        "201 when it was started; 200 with the run that goes on where one with the same business key runs already: sending it again starts nothing twice.",
      tags: ["workflows"],
      security: ADMINISTRATION_KEY,
      params,
      body: request,
      response: {
        200: runBody,
        201: runBody.meta({ examples: [RUN_EXAMPLE] }),
        ...problemResponses(400, 404, 413, 415),
      },
    },
    handler: async (httpRequest, reply) => {
      const flow = flowNamed(httpRequest.params.name);
      const actor = actorOf(httpRequest);
      if (!flow.starters.includes(partyOf(actor)))
        throw new ProblemError("forbidden", `${flow.title} is started by ${flow.startedBy}.`);
      const name = actorName(actor);
      const input = parsedInput(flow.input, { actor: name, ...httpRequest.body.input });
      await visibleTenant(httpRequest, dependencies, flow.identify(input as never).tenantId);
      const { kind, run } = await dependencies.flows.start(flow, input, name);
      return reply.code(kind === "started" ? 201 : 200).send(toRunBody(run));
    },
  });
};
