import type { IDataObject, INodeProperties } from "n8n-workflow";
import { mappedInput, readInput } from "../../../fields/mapped-input";
import { workflow } from "../../../fields/locators";
import { call, given } from "../../../gateway/call";
import { flow } from "../../../gateway/catalog";
import { linked, type Operation } from "../../operation";
import { id, text } from "../../parameters";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const calendar: INodeProperties[] = [
  {
    displayName: "Every",
    name: "every",
    type: "options",
    options: [
      { name: "Day", value: "day" },
      { name: "Week", value: "week" },
      { name: "Month", value: "month" },
    ],
    default: "month",
  },
  {
    displayName: "Day of Week",
    name: "dayOfWeek",
    type: "options",
    options: DAYS.map((name, value) => ({ name, value })),
    default: 1,
    displayOptions: { show: { every: ["week"] } },
  },
  {
    displayName: "Day of Month",
    name: "dayOfMonth",
    type: "number",
    typeOptions: { minValue: 1, maxValue: 28 },
    default: 1,
    description: "A day that every month has",
    displayOptions: { show: { every: ["month"] } },
  },
  {
    displayName: "Hour",
    name: "hour",
    type: "number",
    typeOptions: { minValue: 0, maxValue: 23 },
    default: 0,
  },
  {
    displayName: "Minute",
    name: "minute",
    type: "number",
    typeOptions: { minValue: 0, maxValue: 59 },
    default: 10,
  },
  {
    displayName: "Time Zone",
    name: "timezone",
    type: "string",
    required: true,
    default: "UTC",
    placeholder: "Europe/Rome",
    description: "IANA name of the zone by whose clock it starts",
  },
];

export const create: Operation = {
  name: "Create",
  value: "create",
  action: "Create a schedule",
  description:
    "Have a flow started by a calendar; the same business key again changes the schedule that is there",
  fields: [
    workflow,
    mappedInput("getWorkflowInput", ["workflow.value"]),
    ...calendar,
    { displayName: "Note", name: "note", type: "string", default: "", description: "What it is for" },
  ],
  run: async (context, item) => {
    const name = id(context, "workflow", item);
    const { input: schema } = await flow(context, name);
    const number = (parameter: string) => context.getNodeParameter(parameter, item) as number;
    const every = text(context, "every", item);
    const answer = await call(context, {
      method: "POST",
      url: "/api/v2/schedules",
      body: given({
        workflow: name,
        input: readInput(context, schema, item) as IDataObject,
        calendar: {
          every,
          timezone: text(context, "timezone", item),
          hour: number("hour"),
          minute: number("minute"),
          ...(every === "week" ? { day_of_week: number("dayOfWeek") } : {}),
          ...(every === "month" ? { day_of_month: number("dayOfMonth") } : {}),
        },
        note: text(context, "note", item),
      }),
      item,
    });
    return [linked(answer, answer.url)];
  },
};
