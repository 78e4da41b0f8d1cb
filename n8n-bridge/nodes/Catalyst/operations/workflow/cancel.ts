import { run } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const cancel: Operation = {
  name: "Cancel",
  value: "cancel",
  action: "Cancel a run",
  description: "Ask a run to end: it undoes first what it has to",
  fields: [run],
  run: async (context, item) => {
    const url = path`/api/v2/workflows/runs/${id(context, "workflowId", item)}/cancel`;
    const answer = await call(context, { method: "POST", url, item });
    return [linked(answer, answer.url)];
  },
};
