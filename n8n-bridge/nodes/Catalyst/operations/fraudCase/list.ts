import type { IDataObject, IExecuteFunctions } from "n8n-workflow";
import { tenantFilter } from "../../../fields/locators";
import { given } from "../../../gateway/call";
import { rows } from "../../../gateway/pages";
import { linked, type Operation } from "../../operation";
import { collection, limit, returnAll, text, wanted } from "../../parameters";

/** Runs among which the cases' links are looked for. */
const RUNS_MAX = 1000;

export const list: Operation = {
  name: "List",
  value: "list",
  action: "List fraud cases",
  description: "List fraud cases, the newest first",
  fields: [
    tenantFilter,
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
          displayName: "Severity",
          name: "severity",
          type: "options",
          options: [
            { name: "Critical", value: "critical" },
            { name: "High", value: "high" },
            { name: "Low", value: "low" },
            { name: "Medium", value: "medium" },
          ],
          default: "high",
        },
        {
          displayName: "Status",
          name: "status",
          type: "options",
          options: [
            { name: "Closed", value: "closed" },
            { name: "Decided", value: "decided" },
            { name: "Open", value: "open" },
          ],
          default: "open",
        },
      ],
    },
  ],
  run: async (context, item) => {
    const query = given({
      tenant_id: text(context, "tenantId", item),
      ...collection(context, "filters", item),
    });
    const found = await rows(context, { url: "/api/v2/fraud-cases", query, item }, wanted(context, item));
    const links = found.length === 0 ? new Map() : await linksOfRuns(context, query.tenant_id);
    return found.map((row) => linked(row, links.get(row.workflow_id)));
  },
};

/** Links by workflow id; a case without one is listed all the same. */
async function linksOfRuns(context: IExecuteFunctions, tenantId: unknown): Promise<Map<unknown, unknown>> {
  const query = given({ workflow: "fraudCase", tenant_id: tenantId } as IDataObject);
  const runs = await rows(context, { url: "/api/v2/workflows/runs", query }, RUNS_MAX).catch(() => []);
  return new Map(runs.map((row) => [row.workflow_id, row.url]));
}
