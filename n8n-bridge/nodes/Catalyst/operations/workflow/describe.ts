import { run } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const describe: Operation = {
  name: "Describe",
  value: "describe",
  action: "Describe a run",
  description: "Read a run's status, times and search attributes",
  fields: [run],
  run: async (context, item) => {
    const answer = await call(context, {
      url: path`/api/v2/workflows/runs/${id(context, "workflowId", item)}`,
      item,
    });
    return [linked(answer, answer.url)];
  },
};
