import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { CANCEL_PAYMENT, paymentCollectionWorkflowId } from "#workflows/payment-collection/api.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { runIsOver } from "../flow-catalog.ts";
import { idempotencyKey } from "../idempotency.ts";
import { paymentBody, paymentParams, toPaymentBody, visiblePayment } from "../payment-body.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, idempotencyHeaders } from "../schemas.ts";

const request = z
  .strictObject({ reason: z.string().trim().min(1).max(500) })
  .meta({ examples: [{ reason: "paid in cash" }] });

/** POST /api/v2/payments/:id/cancel: nobody waits for the money any more. */
export const cancelPayment: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/payments/:id/cancel",
    config: { operation: "payments.cancel" },
    schema: {
      operationId: "cancelPayment",
      summary: "Give a payment up",
      description:
        "At the provider too, so that nobody pays it later; what was paid in the meantime is credited. 409 where the payment is closed already.",
      tags: ["payments"],
      security: ADMINISTRATION_KEY,
      params: paymentParams,
      headers: idempotencyHeaders,
      body: request,
      response: { 200: paymentBody, ...problemResponses(400, 404, 409, 413, 415) },
    },
    handler: async (httpRequest) => {
      const { flows, newId } = dependencies;
      const { paymentId } = await visiblePayment(httpRequest, dependencies, httpRequest.params.id);
      const workflowId = paymentCollectionWorkflowId(paymentId);
      const run = await flows.describe(workflowId);
      if (run === null || run.status !== "running") throw runIsOver(workflowId);
      const decision = { actor: actorName(actorOf(httpRequest)), reason: httpRequest.body.reason };
      const updateId = idempotencyKey(httpRequest) ?? newId();
      const sent = await flows.update(run, CANCEL_PAYMENT, decision, updateId);
      if (sent.kind === "over") throw runIsOver(workflowId);
      if (sent.kind === "refused")
        throw new ProblemError("conflict", `${workflowId} refuses to be cancelled: ${sent.message}.`);
      return toPaymentBody(await visiblePayment(httpRequest, dependencies, paymentId));
    },
  });
};
