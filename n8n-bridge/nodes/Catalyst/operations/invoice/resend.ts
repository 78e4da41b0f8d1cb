import { isObject } from "../../../gateway/problem";
import { invoice, tenantFilter } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { effectHeaders } from "../../../gateway/idempotency";
import { linked, type Operation } from "../../operation";
import { collection, id, idempotencyKeyField, options } from "../../parameters";

export const resend: Operation = {
  name: "Resend",
  value: "resend",
  action: "Resend an invoice",
  description: "Mail an invoice once more, to the tenant's address of today",
  fields: [tenantFilter, invoice, options(idempotencyKeyField)],
  run: async (context, item) => {
    const answer = await call(context, {
      method: "POST",
      url: path`/api/v2/invoices/${id(context, "invoiceId", item)}/resend`,
      headers: effectHeaders(context, item, collection(context, "options", item).idempotencyKey),
      item,
    });
    return [linked(answer, isObject(answer.workflow) ? answer.workflow.url : null)];
  },
};
