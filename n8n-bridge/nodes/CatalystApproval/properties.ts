import type { INodeProperties } from "n8n-workflow";
import { run, workflow } from "../fields/locators";
import { mappedInput } from "../fields/mapped-input";

export const PROPERTIES: INodeProperties[] = [
  {
    displayName:
      "Give the person the link <strong>{{ $execution.resumeUrl }}</strong> by a mail or chat node before this one. It opens a page with the question; whoever has the link may answer, once.",
    name: "linkNotice",
    type: "notice",
    default: "",
  },
  workflow,
  { ...run, description: "The run that waits for the answer, by its workflow ID" },
  {
    displayName: "Update Name or ID",
    name: "updateName",
    type: "options",
    typeOptions: { loadOptionsMethod: "getUpdates", loadOptionsDependsOn: ["workflow.value"] },
    required: true,
    default: "",
    description:
      'What the person answers, such as decideKyc or decide. Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
  },
  {
    displayName: "Title",
    name: "title",
    type: "string",
    required: true,
    default: "A decision is needed",
  },
  {
    displayName: "Message",
    name: "message",
    type: "string",
    typeOptions: { rows: 4 },
    default: "",
    description: "What the person has to know; an empty line begins a paragraph",
  },
  {
    ...mappedInput("getUpdateInput", ["workflow.value", "updateName"]),
    displayName: "Known Already",
    description:
      "Fields of the update that the person is not asked for, such as the case's ID. What is left empty is asked.",
  },
  {
    displayName: "Options",
    name: "options",
    type: "collection",
    placeholder: "Add option",
    default: {},
    options: [
      {
        displayName: "Wait at Most (Hours)",
        name: "waitHours",
        type: "number",
        typeOptions: { minValue: 1 },
        default: 168,
        description:
          "Then the input goes on as it came, without an answer; without this the node waits until there is one",
      },
    ],
  },
];
