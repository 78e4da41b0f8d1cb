import { run } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id, reason, text } from "../../parameters";

export const reset: Operation = {
  name: "Reset",
  value: "reset",
  action: "Reset a run",
  description: "Start a new run from a point of this one; every activity has its one effect all the same",
  fields: [
    run,
    {
      displayName: "To",
      name: "to",
      type: "options",
      options: [
        { name: "Event", value: "event", description: "A workflow_task_completed of its history" },
        { name: "First Decision", value: "first" },
        { name: "Last Decision", value: "last" },
      ],
      default: "last",
      description: "From where the new run goes on",
    },
    {
      displayName: "Event ID",
      name: "eventId",
      type: "number",
      typeOptions: { minValue: 1 },
      required: true,
      default: 1,
      description: "ID of the workflow_task_completed event",
      displayOptions: { show: { to: ["event"] } },
    },
    reason,
  ],
  run: async (context, item) => {
    const to = text(context, "to", item);
    const answer = await call(context, {
      method: "POST",
      url: path`/api/v2/workflows/runs/${id(context, "workflowId", item)}/reset`,
      body: {
        to: to === "event" ? (context.getNodeParameter("eventId", item) as number) : to,
        reason: text(context, "reason", item),
      },
      item,
    });
    return [linked(answer, answer.url)];
  },
};
