import { schedule } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { note } from "./note";
import { id, text } from "../../parameters";

export const pause: Operation = {
  name: "Pause",
  value: "pause",
  action: "Pause a schedule",
  description: "Start nothing until it is resumed",
  fields: [schedule, note],
  run: async (context, item) => {
    const answer = await call(context, {
      method: "POST",
      url: path`/api/v2/schedules/${id(context, "scheduleId", item)}/pause`,
      body: { note: text(context, "note", item) },
      item,
    });
    return [linked(answer, answer.url)];
  },
};
