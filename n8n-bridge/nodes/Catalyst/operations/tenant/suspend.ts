import { tenant } from "../../../fields/locators";
import { call } from "../../../gateway/call";
import { effectHeaders, executionHeader } from "../../../gateway/idempotency";
import { linked, type Operation } from "../../operation";
import { collection, id, idempotencyKeyField, options, reason, text } from "../../parameters";

export const suspend: Operation = {
  name: "Suspend",
  value: "suspend",
  action: "Suspend a tenant",
  description:
    "Start the suspension: notice, grace period, service off. Where one goes on already, it is joined.",
  fields: [
    tenant,
    reason,
    {
      displayName: "Grace (Seconds)",
      name: "graceSeconds",
      type: "number",
      typeOptions: { minValue: 0, maxValue: 7776000 },
      default: 0,
      description: "From the notice to the end of service; 0: at once and without a notice",
    },
    options(idempotencyKeyField),
  ],
  run: async (context, item) => {
    const answer = await call(context, {
      method: "POST",
      url: "/api/v2/workflows/suspension",
      headers: {
        ...effectHeaders(context, item, collection(context, "options", item).idempotencyKey),
        ...executionHeader(context),
      },
      body: {
        input: {
          tenantId: id(context, "tenantId", item),
          cause: "person",
          walletId: null,
          graceSeconds: context.getNodeParameter("graceSeconds", item, 0) as number,
          reason: text(context, "reason", item),
        },
      },
      item,
    });
    return [linked(answer, answer.url)];
  },
};
