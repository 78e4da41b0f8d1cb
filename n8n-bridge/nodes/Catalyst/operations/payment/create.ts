import { tenant } from "../../../fields/locators";
import { call, given, path } from "../../../gateway/call";
import { linkOfRun } from "../../../gateway/catalog";
import { effectHeaders } from "../../../gateway/idempotency";
import { linked, type Operation } from "../../operation";
import { collection, id, idempotencyKeyField, text } from "../../parameters";

export const create: Operation = {
  name: "Create",
  value: "create",
  action: "Create a payment",
  description:
    "Top a wallet up by card, PayPal or transfer: the tenant's provider collects, or payment.action_url is where the payer acts",
  fields: [
    tenant,
    {
      displayName: "Amount",
      name: "amount",
      type: "string",
      required: true,
      default: "",
      placeholder: "100.00",
    },
    {
      displayName: "Options",
      name: "options",
      type: "collection",
      placeholder: "Add option",
      default: {},
      options: [
        {
          displayName: "Currency",
          name: "currency",
          type: "string",
          default: "",
          description: "When given, must be the wallet's",
        },
        idempotencyKeyField,
        {
          displayName: "Wallet ID",
          name: "walletId",
          type: "string",
          default: "",
          description: "Default: the tenant's first wallet",
        },
      ],
    },
  ],
  run: async (context, item) => {
    const { idempotencyKey, currency, walletId } = collection(context, "options", item);
    const answer = await call(context, {
      method: "POST",
      url: path`/api/v2/tenants/${id(context, "tenantId", item)}/payments`,
      headers: effectHeaders(context, item, idempotencyKey),
      body: given({ amount: text(context, "amount", item), currency, wallet_id: walletId }),
      item,
    });
    return [linked(answer, await linkOfRun(context, `payment-${answer.payment_id}`))];
  },
};
