import { schedule } from "../../../fields/locators";
import { call, given, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id, time } from "../../parameters";

export const backfill: Operation = {
  name: "Backfill",
  value: "backfill",
  action: "Backfill a schedule",
  description:
    "Start its flow for every time gone by in a span, one after the other; a time that had its run changes nothing",
  fields: [
    schedule,
    { displayName: "From", name: "from", type: "dateTime", required: true, default: "" },
    { displayName: "To", name: "to", type: "dateTime", required: true, default: "" },
  ],
  run: async (context, item) => {
    const at = (name: string) => time(context, context.getNodeParameter(name, item));
    const answer = await call(context, {
      method: "POST",
      url: path`/api/v2/schedules/${id(context, "scheduleId", item)}/backfill`,
      body: given({ from: at("from"), to: at("to") }),
      item,
    });
    return [linked(answer, answer.url)];
  },
};
