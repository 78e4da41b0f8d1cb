import { rows } from "../../../gateway/pages";
import { linked, type Operation } from "../../operation";
import { limit, returnAll, wanted } from "../../parameters";

export const list: Operation = {
  name: "List",
  value: "list",
  action: "List tenants",
  description: "List tenants by ID; needs an administration key",
  fields: [returnAll, limit],
  run: async (context, item) => {
    const found = await rows(context, { url: "/api/v2/tenants", item }, wanted(context, item));
    return found.map((row) => linked(row, null));
  },
};
