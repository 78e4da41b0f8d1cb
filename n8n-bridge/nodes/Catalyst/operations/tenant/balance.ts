import { tenant } from "../../../fields/locators";
import { call, given, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id, text, walletField } from "../../parameters";

export const balance: Operation = {
  name: "Get Balance",
  value: "balance",
  action: "Get the balance of a tenant",
  description: "Read a wallet's balance in the ledger, what is reserved, and what may be used",
  fields: [tenant, walletField],
  run: async (context, item) => {
    const answer = await call(context, {
      url: path`/api/v2/tenants/${id(context, "tenantId", item)}/balance`,
      query: given({ wallet_id: text(context, "walletId", item) }),
      item,
    });
    return [linked(answer, null)];
  },
};
