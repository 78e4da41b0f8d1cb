import { z } from "zod";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY, tenantParams, time } from "../schemas.ts";
import { scopeOf, visibleTenant } from "../tenant-access.ts";
import { toTransactionBody, TRANSACTION_EXAMPLE, transactionBody } from "../transaction-body.ts";

const query = pageQuery.extend({
  event_type: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ examples: ["sms.delivered"] }),
  from: time.optional().describe("Happened at this time or later"),
  to: time.optional().describe("Happened before this time"),
});

/** GET /api/v2/tenants/:id/transactions: the wallet's entries, newest first. */
export const listTransactions: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/tenants/:id/transactions",
    config: { operation: "transactions.list" },
    schema: {
      operationId: "listTransactions",
      summary: "List a tenant's transactions",
      tags: ["billing"],
      security: ANY_KEY,
      params: tenantParams,
      querystring: query,
      response: {
        200: pageOf(transactionBody).meta({ examples: [{ data: [TRANSACTION_EXAMPLE], next: null }] }),
        ...problemResponses(400, 404),
      },
    },
    handler: async (request) => {
      const tenant = await visibleTenant(request, dependencies, request.params.id);
      const { event_type: eventType, from, to } = request.query;
      const page = await dependencies.ledger.list(
        scopeOf(actorOf(request)),
        tenant.tenantId,
        {
          eventType: eventType ?? null,
          from: from === undefined ? null : Date.parse(from),
          to: to === undefined ? null : Date.parse(to),
        },
        toPageRequest(request.query),
      );
      return toPageBody(page, toTransactionBody);
    },
  });
};
