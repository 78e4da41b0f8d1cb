import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { partyOf } from "#domain/access/permissions.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { RUN_EXAMPLE, runBody, runResult, toRunBody, toRunResult } from "../flow-bodies.ts";
import { flowNamed, parsedInput } from "../flow-catalog.ts";
import { idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, idempotencyHeaders, webhookUrl } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";

const params = z.object({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, "must be a workflow's name"),
});

const request = z
  .strictObject({
    input: z
      .record(z.string(), z.unknown())
      .describe("By the JSON Schema in the catalog; actor is the key's own name if left out"),
    wait_ms: z
      .int()
      .min(0)
      .max(25_000)
      .default(0)
      .describe("How long to wait for the run's end; 0: its result is not waited for"),
    callback: z
      .strictObject({ url: webhookUrl })
      .optional()
      .describe("Where the run's end is POSTed to, however it ends, until that is taken"),
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

const headers = idempotencyHeaders.extend({
  "x-n8n-execution-id": z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 letters, digits, dashes or underscores")
    .optional()
    .describe("Of the n8n execution that starts the run: it is found by it in the Web UI"),
});

const started = runBody.extend({
  result: runResult.nullable().describe("Null where it was not waited for"),
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
        "201 when it was started; 200 with the run that goes on where one with the same business key runs already: sending it again starts nothing twice. After the run has ended, sending it again starts a new one, unless it bears the same Idempotency-Key. With a callback, also a start that joins a run is told of its end; the body of that call is docs/flows/result-delivery.md's.",
      tags: ["workflows"],
      security: ADMINISTRATION_KEY,
      params,
      headers,
      body: request,
      response: {
        200: started.meta({ examples: [{ ...RUN_EXAMPLE, result: null }] }),
        201: started.meta({ examples: [{ ...RUN_EXAMPLE, result: null }] }),
        ...problemResponses(400, 404, 409, 413, 415, 422),
      },
    },
    handler: async (httpRequest, reply) => {
      const flow = flowNamed(httpRequest.params.name);
      const actor = actorOf(httpRequest);
      if (!flow.starters.includes(partyOf(actor)))
        throw new ProblemError("forbidden", `${flow.title} is started by ${flow.startedBy}.`);
      const name = actorName(actor);
      const input = parsedInput(flow.input, { actor: name, ...httpRequest.body.input });
      const { workflowId, tenantId } = flow.identify(input as never);
      if (tenantId !== null) await visibleTenant(httpRequest, dependencies, tenantId);
      const { wait_ms: waitMs, callback } = httpRequest.body;
      const n8nExecutionId = httpRequest.headers["x-n8n-execution-id"] ?? null;
      const key = idempotencyKey(httpRequest);
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `administration:workflows:${flow.name}`,
          key,
          body: httpRequest.body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: () => {
            throw new ProblemError(
              "already_exists",
              `${workflowId} was started with this key: read it at /api/v2/workflows/runs/${workflowId}.`,
            );
          },
        },
        async ([requestId = null]) => {
          const isTold = callback !== undefined;
          const by = {
            requestId: key === null && !isTold ? null : requestId,
            n8nExecutionId,
            callbackUrl: callback?.url ?? null,
          };
          const { kind, run } = await dependencies.flows.start(flow, input, name, by);
          const result = waitMs === 0 ? null : await dependencies.flows.result(workflowId, waitMs);
          const now = result === null ? run : ((await dependencies.flows.describe(workflowId)) ?? run);
          return {
            status: kind === "started" ? 201 : 200,
            body: { ...toRunBody(now), result: result === null ? null : toRunResult(result) },
          };
        },
      );
      return sendEffect(reply, effect);
    },
  });
};
