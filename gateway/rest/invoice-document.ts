import { z } from "zod";
import type { Operation } from "#domain/access/permissions.ts";
import type { Invoice, InvoiceDocuments } from "#domain/invoicing/invoice.ts";
import type { AddRoute } from "./context.ts";
import { invoiceParams, visibleInvoice } from "./invoice-body.ts";
import { problemResponses } from "./problems.ts";
import { ANY_KEY } from "./schemas.ts";

/** One form of an invoice: rendered from what is stored when it is asked for, the same bytes each time. */
interface InvoiceForm {
  /** Last part of the address, and the file's extension unless that is said. */
  readonly name: "pdf" | "html" | "ubl";
  readonly extension?: string;
  readonly operation: Operation;
  readonly operationId: string;
  readonly summary: string;
  readonly type: string;
  readonly example: string;
  readonly render: (documents: InvoiceDocuments, invoice: Invoice) => Promise<Uint8Array | string>;
  /** Further headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

export function invoiceDocumentRoute(form: InvoiceForm): AddRoute {
  return (gateway, { dependencies }) => {
    gateway.route({
      method: "GET",
      url: `/api/v2/invoices/:id/${form.name}`,
      config: { operation: form.operation },
      schema: {
        operationId: form.operationId,
        summary: form.summary,
        tags: ["billing"],
        security: ANY_KEY,
        params: invoiceParams,
        response: {
          200: {
            description: "The document",
            content: { [form.type]: { schema: z.string().meta({ examples: [form.example] }) } },
          },
          ...problemResponses(400, 404),
        },
      },
      handler: async (request, reply) => {
        const { invoice } = await visibleInvoice(request, dependencies, request.params.id);
        const document = await form.render(dependencies.invoicing.documents, invoice);
        const file = `${invoice.number}.${form.extension ?? form.name}`;
        return reply
          .type(form.type.startsWith("application/pdf") ? form.type : `${form.type}; charset=utf-8`)
          .headers({ "content-disposition": `inline; filename="${file}"`, ...form.headers })
          .send(Buffer.from(document as Uint8Array) as unknown as string);
      },
    });
  };
}
