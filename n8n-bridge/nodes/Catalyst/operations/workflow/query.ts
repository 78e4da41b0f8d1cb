import { run, workflow } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linkOfRun } from "../../../gateway/catalog";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const query: Operation = {
  name: "Query",
  value: "query",
  action: "Query a run",
  description: "Ask a run how it stands",
  fields: [
    workflow,
    run,
    {
      displayName: "Query Name or ID",
      name: "queryName",
      type: "options",
      typeOptions: { loadOptionsMethod: "getQueries", loadOptionsDependsOn: ["workflow.value"] },
      required: true,
      default: "",
      description:
        'What is asked. Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
    },
  ],
  run: async (context, item) => {
    const [workflowId, name] = [id(context, "workflowId", item), id(context, "queryName", item)];
    const { output } = await call(context, {
      url: path`/api/v2/workflows/runs/${workflowId}/queries/${name}`,
      item,
    });
    return [
      linked({ workflow_id: workflowId, output: output ?? null }, await linkOfRun(context, workflowId)),
    ];
  },
};
