import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const get: Operation = {
  name: "Get",
  value: "get",
  action: "Get a message",
  description:
    "Read a message and all that happened to it; its timeline follows within a second of its sending",
  fields: [
    {
      displayName: "Message ID",
      name: "messageId",
      type: "string",
      required: true,
      default: "",
      placeholder: "01936f2e-7c1a-7000-8000-5a1b2c3d4e5f",
    },
  ],
  run: async (context, item) => {
    const url = path`/api/v2/messages/${id(context, "messageId", item)}`;
    return [linked(await call(context, { url, item }), null)];
  },
};
