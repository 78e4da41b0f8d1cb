import { tenantFilter, workflowFilter } from "../../../fields/locators";
import { given } from "../../../gateway/call";
import { rows } from "../../../gateway/pages";
import { linked, type Operation } from "../../operation";
import { collection, limit, returnAll, text, time, wanted } from "../../parameters";

export const list: Operation = {
  name: "List",
  value: "list",
  action: "List runs",
  description: "List runs, the latest first",
  fields: [
    tenantFilter,
    workflowFilter,
    returnAll,
    limit,
    {
      displayName: "Filters",
      name: "filters",
      type: "collection",
      placeholder: "Add filter",
      default: {},
      options: [
        {
          displayName: "Started Before",
          name: "startedBefore",
          type: "dateTime",
          default: "",
        },
        {
          displayName: "Started From",
          name: "startedFrom",
          type: "dateTime",
          default: "",
        },
        {
          displayName: "Status",
          name: "status",
          type: "options",
          options: [
            { name: "Cancelled", value: "cancelled" },
            { name: "Completed", value: "completed" },
            { name: "Failed", value: "failed" },
            { name: "Running", value: "running" },
            { name: "Terminated", value: "terminated" },
            { name: "Timed Out", value: "timed_out" },
          ],
          default: "running",
        },
      ],
    },
  ],
  run: async (context, item) => {
    const { status, startedFrom, startedBefore } = collection(context, "filters", item);
    const query = given({
      tenant_id: text(context, "tenantId", item),
      workflow: text(context, "workflow", item),
      status,
      started_from: time(context, startedFrom),
      started_before: time(context, startedBefore),
    });
    const found = await rows(context, { url: "/api/v2/workflows/runs", query, item }, wanted(context, item));
    return found.map((row) => linked(row, row.url));
  },
};
