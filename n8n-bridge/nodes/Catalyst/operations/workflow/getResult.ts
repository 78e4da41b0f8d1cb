import { run } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linkOfRun } from "../../../gateway/catalog";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const getResult: Operation = {
  name: "Get Result",
  value: "getResult",
  action: "Get the result of a run",
  description: "Read how a run has ended, or that it has not; a failed run is told in its status and failure",
  fields: [
    run,
    {
      displayName: "Wait (Ms)",
      name: "waitMs",
      type: "number",
      typeOptions: { minValue: 0, maxValue: 30000 },
      default: 0,
      description: "How many milliseconds to wait for the run's end, up to 30,000",
    },
  ],
  run: async (context, item) => {
    const workflowId = id(context, "workflowId", item);
    const answer = await call(context, {
      url: path`/api/v2/workflows/runs/${workflowId}/result`,
      query: { wait_ms: context.getNodeParameter("waitMs", item, 0) as number },
      item,
    });
    return [linked({ workflow_id: workflowId, ...answer }, await linkOfRun(context, workflowId))];
  },
};
