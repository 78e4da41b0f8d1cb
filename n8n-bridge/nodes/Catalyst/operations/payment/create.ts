import { tenant } from "../../../fields/locators";
import { call, given, path } from "../../../gateway/call";
import { linkOfRun } from "../../../gateway/catalog";
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

export const create: Operation = {
  name: "Create",
  value: "create",
  action: "Create a payment",
  description:
    "Top a wallet up by card, PayPal or transfer: the tenant's provider collects, or payment.action_url is where the payer acts",
  fields: [tenant, amountField, options(currencyField, idempotencyKeyField, walletField)],
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
