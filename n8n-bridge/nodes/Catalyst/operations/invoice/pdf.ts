import { invoice, tenantFilter } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import type { Operation } from "../../operation";
import { id, text } from "../../parameters";

export const pdf: Operation = {
  name: "Get PDF",
  value: "pdf",
  action: "Get an invoice as PDF",
  description: "Download an invoice as a PDF file, for a mail node to attach",
  fields: [
    tenantFilter,
    invoice,
    {
      displayName: "Put Output File in Field",
      name: "binaryPropertyName",
      type: "string",
      required: true,
      default: "data",
      hint: "The name of the output binary field to put the file in",
    },
  ],
  run: async (context, item) => {
    const invoiceId = id(context, "invoiceId", item);
    const { number } = await call(context, { url: path`/api/v2/invoices/${invoiceId}`, item });
    const file = await call<Buffer>(context, {
      url: path`/api/v2/invoices/${invoiceId}/pdf`,
      headers: { accept: "application/pdf" },
      binary: true,
      item,
    });
    const binary = await context.helpers.prepareBinaryData(
      Buffer.from(file),
      `${number}.pdf`,
      "application/pdf",
    );
    return [
      {
        json: { invoice_id: invoiceId, number: number as string, link: null },
        binary: { [text(context, "binaryPropertyName", item)]: binary },
      },
    ];
  },
};
