import { tenant } from "../../../fields/locators";
import { call, given, path } from "../../../gateway/call";
import { effectHeaders } from "../../../gateway/idempotency";
import { linked, type Operation } from "../../operation";
import {
  amountField,
  collection,
  id,
  idempotencyKeyField,
  options,
  text,
  currencyField,
  walletField,
} from "../../parameters";

export const topUp: Operation = {
  name: "Top Up",
  value: "topUp",
  action: "Top up a tenant",
  description: "Put money into a wallet, once however often the node is tried",
  fields: [
    tenant,
    amountField,
    options(
      currencyField,
      idempotencyKeyField,
      {
        displayName: "Reason",
        name: "reason",
        type: "string",
        default: "",
        placeholder: "bank transfer 4711",
      },
      walletField,
    ),
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
