import { invoice, tenantFilter } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const get: Operation = {
  name: "Get",
  value: "get",
  action: "Get an invoice",
  description: "Read an invoice with its lines and taxes",
  fields: [tenantFilter, invoice],
  run: async (context, item) => {
    const url = path`/api/v2/invoices/${id(context, "invoiceId", item)}`;
    return [linked(await call(context, { url, item }), null)];
  },
};
