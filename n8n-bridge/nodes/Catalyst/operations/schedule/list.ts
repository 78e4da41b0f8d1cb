import { tenantFilter, workflowFilter } from "../../../fields/locators";
import { given } from "../../../gateway/call";
import { rows } from "../../../gateway/pages";
import { linked, type Operation } from "../../operation";
import { limit, returnAll, text, wanted } from "../../parameters";

export const list: Operation = {
  name: "List",
  value: "list",
  action: "List schedules",
  description: "List schedules with their next start",
  fields: [tenantFilter, workflowFilter, returnAll, limit],
  run: async (context, item) => {
    const query = given({
      tenant_id: text(context, "tenantId", item),
      workflow: text(context, "workflow", item),
    });
    const found = await rows(context, { url: "/api/v2/schedules", query, item }, wanted(context, item));
    return found.map((row) => linked(row, row.url));
  },
};
