import { fraudCase, tenantFilter } from "../../../fields/locators";
import { call, given, path } from "../../../gateway/call";
import { linkOfRun } from "../../../gateway/catalog";
import { linked, type Operation } from "../../operation";
import { id, reason, text } from "../../parameters";

export const decide: Operation = {
  name: "Decide",
  value: "decide",
  action: "Decide a fraud case",
  description:
    "Say what becomes of a case. There is one decision: the same again changes nothing, another one is refused.",
  fields: [
    tenantFilter,
    fraudCase,
    {
      displayName: "Decision",
      name: "decision",
      type: "options",
      options: [
        { name: "Block", value: "block", description: "Closes what is frozen for good" },
        {
          name: "Refund",
          value: "refund",
          description: "Gives back what the traffic was charged: owner or finance",
        },
        { name: "Release", value: "release", description: "Opens what is frozen" },
        { name: "Suspend", value: "suspend", description: "Suspends the tenant" },
      ],
      default: "release",
    },
    reason,
    { displayName: "Note", name: "note", type: "string", default: "" },
  ],
  run: async (context, item) => {
    const answer = await call(context, {
      method: "POST",
      url: path`/api/v2/fraud-cases/${id(context, "caseId", item)}/decision`,
      body: given({
        decision: text(context, "decision", item),
        reason: text(context, "reason", item),
        note: text(context, "note", item),
      }),
      item,
    });
    return [linked(answer, await linkOfRun(context, String(answer.workflow_id)))];
  },
};
