import { z } from "zod";
import { reportPage } from "#domain/settlement/report-page.ts";
import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";
import { dayParams } from "../settlement-body.ts";

const page = z.string().meta({ examples: ["<!doctype html> …"] });

/** GET /api/v2/settlements/:day/report: the same as a page for people. */
export const getSettlementReport: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/settlements/:day/report",
    config: { operation: "settlements.report" },
    schema: {
      operationId: "getSettlementReport",
      summary: "Read the report of a day as a page",
      tags: ["settlement"],
      security: ADMINISTRATION_KEY,
      params: dayParams,
      response: {
        200: { description: "The page", content: { "text/html": { schema: page } } },
        ...problemResponses(400, 404),
      },
    },
    handler: async (request, reply) => {
      const { day } = request.params;
      const report = await dependencies.settlements.report(day);
      if (report === null) throw new ProblemError("not_found", `${day} is not settled.`);
      return reply
        .type("text/html; charset=utf-8")
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
        .send(reportPage(report));
    },
  });
};
