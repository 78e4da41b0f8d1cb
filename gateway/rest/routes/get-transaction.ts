import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ANY_KEY } from "../schemas.ts";
import { scopeOf } from "../tenant-access.ts";
import { toTransactionBody, transactionBody, transactionParams } from "../transaction-body.ts";

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
      params: transactionParams,
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
