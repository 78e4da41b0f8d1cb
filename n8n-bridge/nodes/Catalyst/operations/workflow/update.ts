import type { IDataObject } from "n8n-workflow";
import { mappedInput, readInput } from "../../../fields/mapped-input";
import { run, workflow } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { flow, linkOfRun, message } from "../../../gateway/catalog";
import { effectHeaders } from "../../../gateway/idempotency";
import { linked, type Operation } from "../../operation";
import { collection, id, idempotencyKeyField, options } from "../../parameters";

export const update: Operation = {
  name: "Update",
  value: "update",
  action: "Send an update to a run",
  description: "Ask a run to change something, and get its answer or its refusal",
  fields: [
    workflow,
    run,
    {
      displayName: "Update Name or ID",
      name: "updateName",
      type: "options",
      typeOptions: { loadOptionsMethod: "getUpdates", loadOptionsDependsOn: ["workflow.value"] },
      required: true,
      default: "",
      description:
        'What the flow is told. Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
    },
    mappedInput("getUpdateInput", ["workflow.value", "updateName"]),
    options(idempotencyKeyField),
  ],
  run: async (context, item) => {
    const [workflowId, name] = [id(context, "workflowId", item), id(context, "updateName", item)];
    const { input: schema } = message(
      context,
      await flow(context, id(context, "workflow", item)),
      "updates",
      name,
    );
    const { output } = await call(context, {
      method: "POST",
      url: path`/api/v2/workflows/runs/${workflowId}/updates/${name}`,
      headers: effectHeaders(context, item, collection(context, "options", item).idempotencyKey),
      body: schema === null ? {} : { input: readInput(context, schema, item) as IDataObject },
      item,
    });
    return [
      linked({ workflow_id: workflowId, output: output ?? null }, await linkOfRun(context, workflowId)),
    ];
  },
};
