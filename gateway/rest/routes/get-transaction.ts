import { z } from "zod";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ANY_KEY } from "../schemas.ts";
import { scopeOf } from "../tenant-access.ts";
import { toTransactionBody, transactionBody } from "../transaction-body.ts";

const params = z.object({
  id: z
    .string()
    .regex(/^[A-Za-z0-9:._-]{1,200}$/, "must be a transaction_id")
    .describe("The transaction_id"),
});

/** GET /api/v2/transactions/:id: one entry with every step of its price. */
export const getTransaction: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/transactions/:id",
    config: { operation: "transactions.read" },
    schema: {
      operationId: "getTransaction",
      summary: "Read a transaction",
      tags: ["billing"],
      security: ANY_KEY,
      params,
      response: {
        200: transactionBody,
        ...problemResponses(400, 404),
      },
    },
    handler: async (request) => {
      const transaction = await dependencies.ledger.byId(scopeOf(actorOf(request)), request.params.id);
      if (transaction === null)
        throw new ProblemError("not_found", `There is no transaction ${request.params.id}.`);
      return toTransactionBody(transaction);
    },
  });
};
