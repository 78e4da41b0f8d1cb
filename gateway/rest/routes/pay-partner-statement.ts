import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";
import { STATEMENT_EXAMPLE, statementBody, statementParams, toStatementBody } from "../settlement-body.ts";

const request = z
  .strictObject({ reference: z.string().trim().min(1).max(200).describe("Of the payment, at the bank") })
  .meta({ examples: [{ reference: "SEPA 2026-11-27/4711" }] });

/** POST /api/v2/settlements/statements/:id/payments: a person has paid it; partner payable goes to clearing, once. */
export const payPartnerStatement: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/settlements/statements/:id/payments",
    config: { operation: "partner_statements.pay" },
    schema: {
      operationId: "payPartnerStatement",
      summary: "Mark a partner's statement as paid",
      description: "Possible once; the same reference again changes nothing.",
      tags: ["settlement"],
      security: ADMINISTRATION_KEY,
      params: statementParams,
      body: request,
      response: {
        200: statementBody.meta({ examples: [{ ...STATEMENT_EXAMPLE, status: "paid" }] }),
        ...problemResponses(400, 404, 409, 413, 415),
      },
    },
    handler: async (httpRequest) => {
      const { id } = httpRequest.params;
      const outcome = await dependencies.settlements.payStatement(id, {
        actor: actorName(actorOf(httpRequest)),
        reference: httpRequest.body.reference,
        at: dependencies.clock.now(),
      });
      if (outcome.kind === "unknown") throw new ProblemError("not_found", `There is no statement ${id}.`);
      if (outcome.kind === "not_open")
        throw new ProblemError("conflict", notOpen(outcome.statement.payment?.reference ?? null));
      return toStatementBody(outcome.statement);
    },
  });
};

function notOpen(reference: string | null): string {
  return reference === null
    ? "Nothing is owed: the amount is carried to the partner's next statement."
    : `It was paid with reference ${reference}.`;
}
