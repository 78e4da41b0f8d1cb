import { z } from "zod";
import type { AddRoute, Gateway } from "../context.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";
import { caseBody, dayParams, toCaseBody } from "../settlement-body.ts";

const query = pageQuery.extend({
  status: z.enum(["open", "closed"]).optional().describe("Default: both"),
});

const isOpen = (status: "open" | "closed" | undefined): boolean | null =>
  status === undefined ? null : status === "open";

/** GET /api/v2/settlements/cases: of all days, the newest first. GET /api/v2/settlements/:day/cases: those that the day's settlements found. */
export const listSettlementCases: AddRoute = (gateway, { dependencies }) => {
  const { settlements } = dependencies;
  gateway.route({
    method: "GET",
    url: "/api/v2/settlements/cases",
    config: { operation: "settlement_cases.list" },
    schema: described("listSettlementCases", "List what settlements left to people"),
    handler: async (request) => {
      const filter = { day: null, open: isOpen(request.query.status) };
      return toPageBody(await settlements.cases(filter, toPageRequest(request.query)), toCaseBody);
    },
  });
  addCasesOfDay(gateway, settlements);
};

function addCasesOfDay(
  gateway: Gateway,
  settlements: Parameters<AddRoute>[1]["dependencies"]["settlements"],
): void {
  gateway.route({
    method: "GET",
    url: "/api/v2/settlements/:day/cases",
    config: { operation: "settlements.cases" },
    schema: {
      ...described("listCasesOfSettlement", "List the cases that a day's settlement found"),
      params: dayParams,
    },
    handler: async (request) => {
      const filter = { day: request.params.day, open: isOpen(request.query.status) };
      return toPageBody(await settlements.cases(filter, toPageRequest(request.query)), toCaseBody);
    },
  });
}

function described(operationId: string, summary: string) {
  return {
    operationId,
    summary,
    tags: ["settlement"],
    security: ADMINISTRATION_KEY,
    querystring: query,
    response: {
      200: pageOf(caseBody).meta({ examples: [{ data: [], next: null }] }),
      ...problemResponses(400),
    },
  };
}
