import type { Resource } from "../../operation";
import { backfill } from "./backfill";
import { create } from "./create";
import { deleteSchedule } from "./delete";
import { list } from "./list";
import { pause } from "./pause";
import { resume } from "./resume";
import { trigger } from "./trigger";

export const schedule: Resource = {
  name: "Schedule",
  value: "schedule",
  operations: [create, list, pause, resume, trigger, backfill, deleteSchedule],
};
