import type { AddRoute } from "../context.ts";
import { paymentBody, paymentParams, toPaymentBody, visiblePayment } from "../payment-body.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY } from "../schemas.ts";

/** GET /api/v2/payments/:id: the payment, its attempts and what money did. */
export const getPayment: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/payments/:id",
    config: { operation: "payments.read" },
    schema: {
      operationId: "getPayment",
      summary: "Read a payment",
      tags: ["payments"],
      security: ANY_KEY,
      params: paymentParams,
      response: { 200: paymentBody, ...problemResponses(400, 404) },
    },
    handler: async (request) => toPaymentBody(await visiblePayment(request, dependencies, request.params.id)),
  });
};
