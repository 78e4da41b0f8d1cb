import { tenant } from "../../../fields/locators";
import { call, given, path } from "../../../gateway/call";
import { effectHeaders } from "../../../gateway/idempotency";
import { linked, type Operation } from "../../operation";
import { collection, id, idempotencyKeyField, text } from "../../parameters";

export const topUp: Operation = {
  name: "Top Up",
  value: "topUp",
  action: "Top up a tenant",
  description: "Put money into a wallet, once however often the node is tried",
  fields: [
    tenant,
    {
      displayName: "Amount",
      name: "amount",
      type: "string",
      required: true,
      default: "",
      placeholder: "100.00",
      description: "Exact to 18 decimals",
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
          displayName: "Reason",
          name: "reason",
          type: "string",
          default: "",
          placeholder: "bank transfer 4711",
        },
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
    const { idempotencyKey, currency, reason, walletId } = collection(context, "options", item);
    const answer = await call(context, {
      method: "POST",
      url: path`/api/v2/tenants/${id(context, "tenantId", item)}/top-ups`,
      headers: effectHeaders(context, item, idempotencyKey),
      body: given({ amount: text(context, "amount", item), currency, reason, wallet_id: walletId }),
      item,
    });
    return [linked(answer, null)];
  },
};
