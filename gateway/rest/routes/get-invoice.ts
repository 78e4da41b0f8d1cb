import type { AddRoute } from "../context.ts";
import { invoiceBody, invoiceParams, toInvoiceBody, visibleInvoice } from "../invoice-body.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY } from "../schemas.ts";

/** GET /api/v2/invoices/:id */
export const getInvoice: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/invoices/:id",
    config: { operation: "invoices.read" },
    schema: {
      operationId: "getInvoice",
      summary: "Read an invoice",
      tags: ["billing"],
      security: ANY_KEY,
      params: invoiceParams,
      response: { 200: invoiceBody, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const { invoice, listed } = await visibleInvoice(request, dependencies, request.params.id);
      return toInvoiceBody(invoice, listed);
    },
  });
};
