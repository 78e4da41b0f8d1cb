import { z } from "zod";
import { PAYMENT_STATES } from "#domain/payments/payment.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { paymentBody, PAYMENT_EXAMPLE, toPaymentBody } from "../payment-body.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY, tenantId } from "../schemas.ts";
import { listedTenant } from "../tenant-access.ts";

const query = pageQuery.extend({
  tenant_id: tenantId.optional().describe("Needed with an administration key"),
  state: z.enum(PAYMENT_STATES).optional(),
});

/** GET /api/v2/payments: a tenant's payments, the latest first. */
export const listPayments: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/payments",
    config: { operation: "payments.list" },
    schema: {
      operationId: "listPayments",
      summary: "List payments",
      tags: ["payments"],
      security: ANY_KEY,
      querystring: query,
      response: {
        200: pageOf(paymentBody).meta({ examples: [{ data: [PAYMENT_EXAMPLE], next: null }] }),
        ...problemResponses(400, 404),
      },
    },
    handler: async (request) => {
      const actor = actorOf(request);
      const { payments: rows, next } = await dependencies.payments.store.list(
        { tenantId: listedTenant(actor, request.query.tenant_id), state: request.query.state ?? null },
        toPageRequest(request.query),
        actor.kind === "tenant" ? actor.tenantId : undefined,
      );
      return toPageBody({ rows, next }, toPaymentBody);
    },
  });
};
