import type { INodeProperties } from "n8n-workflow";

export const note: INodeProperties = {
  displayName: "Note",
  name: "note",
  type: "string",
  required: true,
  default: "",
  description: "Why; it stands at the schedule, with the key's name",
};
