import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";
import { STATEMENT_EXAMPLE, STATEMENT_STATUSES, statementBody, toStatementBody } from "../settlement-body.ts";

const query = pageQuery.extend({
  partner_id: z.string().min(1).max(200).optional(),
  status: z.enum(STATEMENT_STATUSES).optional().describe("Default: all"),
});

/** GET /api/v2/settlements/statements: what partners are owed, day by day, the newest first. */
export const listPartnerStatements: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/settlements/statements",
    config: { operation: "partner_statements.list" },
    schema: {
      operationId: "listPartnerStatements",
      summary: "List partners' statements",
      tags: ["settlement"],
      security: ADMINISTRATION_KEY,
      querystring: query,
      response: {
        200: pageOf(statementBody).meta({ examples: [{ data: [STATEMENT_EXAMPLE], next: null }] }),
        ...problemResponses(400),
      },
    },
    handler: async (request) => {
      const { partner_id: partnerId = null, status = null } = request.query;
      const page = toPageRequest(request.query);
      return toPageBody(
        await dependencies.settlements.statements({ partnerId, status }, page),
        toStatementBody,
      );
    },
  });
};
