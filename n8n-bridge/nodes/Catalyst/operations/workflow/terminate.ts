import { run } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id, reason, text } from "../../parameters";

export const terminate: Operation = {
  name: "Terminate",
  value: "terminate",
  action: "Terminate a run",
  description: "End a run at once, wherever it is: nothing is undone",
  fields: [run, reason],
  run: async (context, item) => {
    const answer = await call(context, {
      method: "POST",
      url: path`/api/v2/workflows/runs/${id(context, "workflowId", item)}/terminate`,
      body: { reason: text(context, "reason", item) },
      item,
    });
    return [linked(answer, answer.url)];
  },
};
