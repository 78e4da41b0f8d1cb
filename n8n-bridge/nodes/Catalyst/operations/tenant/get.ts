import { tenant } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const get: Operation = {
  name: "Get",
  value: "get",
  action: "Get a tenant",
  description: "Read a tenant's settings and wallets",
  fields: [tenant],
  run: async (context, item) => {
    const url = path`/api/v2/tenants/${id(context, "tenantId", item)}`;
    return [linked(await call(context, { url, item }), null)];
  },
};
