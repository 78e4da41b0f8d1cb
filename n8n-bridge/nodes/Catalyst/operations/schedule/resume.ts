import { schedule } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { note } from "./note";
import { id, text } from "../../parameters";

export const resume: Operation = {
  name: "Resume",
  value: "resume",
  action: "Resume a schedule",
  description: "Start it by its calendar again",
  fields: [schedule, note],
  run: async (context, item) => {
    const answer = await call(context, {
      method: "POST",
      url: path`/api/v2/schedules/${id(context, "scheduleId", item)}/resume`,
      body: { note: text(context, "note", item) },
      item,
    });
    return [linked(answer, answer.url)];
  },
};
