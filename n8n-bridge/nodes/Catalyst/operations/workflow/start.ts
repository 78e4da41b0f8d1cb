import type { IDataObject, IExecuteFunctions } from "n8n-workflow";
import { mappedInput, readInput } from "../../../fields/mapped-input";
import { workflow } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { recentFlow } from "../../../gateway/catalog";
import { effectHeaders, executionHeader } from "../../../gateway/idempotency";
import { linked, type Operation } from "../../operation";
import { collection, id, idempotencyKeyField, options } from "../../parameters";

export const start: Operation = {
  name: "Start",
  value: "start",
  action: "Start a workflow",
  description:
    "Start a durable flow and go on at once; the same business key again joins the run that goes on",
  fields: [
    workflow,
    mappedInput("getWorkflowInput", ["workflow.value"]),
    options(idempotencyKeyField, {
      displayName: "Wait (Ms)",
      name: "waitMs",
      type: "number",
      typeOptions: { minValue: 0, maxValue: 25000 },
      default: 0,
      description:
        "How many milliseconds the request waits for the result, up to 25,000. For longer flows use Start and Wait.",
    }),
  ],
  run: async (context, item) => {
    const { waitMs } = collection(context, "options", item);
    const run = await startRun(context, item, waitMs === undefined ? {} : { wait_ms: waitMs });
    return [linked(run, run.url)];
  },
};

/** Starts the chosen flow with its input and whatever else goes into the body. */
export async function startRun(
  context: IExecuteFunctions,
  item: number,
  more: IDataObject,
): Promise<IDataObject> {
  const name = id(context, "workflow", item);
  const { input: schema } = await recentFlow(context, name);
  const { idempotencyKey } = collection(context, "options", item);
  return call(context, {
    method: "POST",
    url: path`/api/v2/workflows/${name}`,
    headers: { ...effectHeaders(context, item, idempotencyKey), ...executionHeader(context) },
    body: { input: readInput(context, schema, item) as IDataObject, ...more },
    item,
  });
}
