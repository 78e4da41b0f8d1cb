import { z } from "zod";
import { INVOICE_STATUSES } from "#domain/invoicing/reads.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { INVOICE_EXAMPLE, invoiceSummaryBody, toInvoiceSummary } from "../invoice-body.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY, tenantId, time } from "../schemas.ts";
import { noSuchTenant, scopeOf } from "../tenant-access.ts";

const query = pageQuery.extend({
  tenant_id: tenantId.optional(),
  status: z.enum(INVOICE_STATUSES).optional(),
  from: time.optional().describe("Issued at this time or later"),
  to: time.optional().describe("Issued before this time"),
});

/** GET /api/v2/invoices: the newest first. */
export const listInvoices: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/invoices",
    config: { operation: "invoices.list" },
    schema: {
      operationId: "listInvoices",
      summary: "List invoices, statements and credit notes",
      tags: ["billing"],
      security: ANY_KEY,
      querystring: query,
      response: {
        200: pageOf(invoiceSummaryBody).meta({ examples: [{ data: [INVOICE_EXAMPLE], next: null }] }),
        ...problemResponses(400, 404),
      },
    },
    handler: async (request) => {
      const actor = actorOf(request);
      const { tenant_id: named, status, from, to } = request.query;
      if (actor.kind === "tenant" && named !== undefined && named !== actor.tenantId)
        throw noSuchTenant(named);
      const page = await dependencies.invoicing.reads.list(
        scopeOf(actor),
        {
          tenantId: actor.kind === "tenant" ? actor.tenantId : (named ?? null),
          status: status ?? null,
          from: from === undefined ? null : Date.parse(from),
          to: to === undefined ? null : Date.parse(to),
        },
        toPageRequest(request.query),
        dependencies.clock.now(),
      );
      return toPageBody(page, toInvoiceSummary);
    },
  });
};
