import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { supplierSheetBody, toSupplierSheetBody } from "../price-rules-body.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const params = z.object({ connector: z.string().min(1).max(100) });

/** GET /api/v2/supplier-sheets/:connector: its latest version. */
export const getSupplierSheet: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/supplier-sheets/:connector",
    config: { operation: "supplier_sheets.read" },
    schema: {
      operationId: "getSupplierSheet",
      summary: "Read what a connector's supplier takes",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params,
      response: {
        200: supplierSheetBody,
        ...problemResponses(400, 404),
      },
    },
    handler: async (request) => {
      const { connector } = request.params;
      const sheet = await dependencies.priceRules.supplierSheet(connector);
      if (sheet === null) throw new ProblemError("not_found", `There is no supplier sheet for ${connector}.`);
      return toSupplierSheetBody(sheet);
    },
  });
};
