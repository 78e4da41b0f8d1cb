import type { IDataObject } from "n8n-workflow";
import { mappedInput, readInput } from "../../../fields/mapped-input";
import { run, workflow } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { flow, linkOfRun, message } from "../../../gateway/catalog";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const signal: Operation = {
  name: "Signal",
  value: "signal",
  action: "Send a signal to a run",
  description: "Tell a run something, without an answer",
  fields: [
    workflow,
    run,
    {
      displayName: "Signal Name or ID",
      name: "signalName",
      type: "options",
      typeOptions: { loadOptionsMethod: "getSignals", loadOptionsDependsOn: ["workflow.value"] },
      required: true,
      default: "",
      description:
        'What the flow is told. Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
    },
    mappedInput("getSignalInput", ["workflow.value", "signalName"]),
  ],
  run: async (context, item) => {
    const [workflowId, name] = [id(context, "workflowId", item), id(context, "signalName", item)];
    const { input: schema } = message(
      context,
      await flow(context, id(context, "workflow", item)),
      "signals",
      name,
    );
    const { output } = await call(context, {
      method: "POST",
      url: path`/api/v2/workflows/runs/${workflowId}/signals/${name}`,
      body: schema === null ? {} : { input: readInput(context, schema, item) as IDataObject },
      item,
    });
    return [
      linked({ workflow_id: workflowId, output: output ?? null }, await linkOfRun(context, workflowId)),
    ];
  },
};
