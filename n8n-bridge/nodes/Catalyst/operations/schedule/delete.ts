import { schedule } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const deleteSchedule: Operation = {
  name: "Delete",
  value: "delete",
  action: "Delete a schedule",
  description: "Delete a schedule; runs that it has started go on",
  fields: [schedule],
  run: async (context, item) => {
    const scheduleId = id(context, "scheduleId", item);
    await call(context, { method: "DELETE", url: path`/api/v2/schedules/${scheduleId}`, item });
    return [linked({ schedule_id: scheduleId, deleted: true }, null)];
  },
};
