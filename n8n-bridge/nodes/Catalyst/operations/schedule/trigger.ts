import { schedule } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const trigger: Operation = {
  name: "Trigger",
  value: "trigger",
  action: "Trigger a schedule",
  description: "Start its flow now, also while it is paused; it waits for a run that goes on",
  fields: [schedule],
  run: async (context, item) => {
    const url = path`/api/v2/schedules/${id(context, "scheduleId", item)}/trigger`;
    const answer = await call(context, { method: "POST", url, item });
    return [linked(answer, answer.url)];
  },
};
