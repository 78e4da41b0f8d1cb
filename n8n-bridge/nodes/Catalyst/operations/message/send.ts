import type { INodeProperties } from "n8n-workflow";
import { call, given } from "../../../gateway/call";
import { effectHeaders } from "../../../gateway/idempotency";
import { linked, type Operation } from "../../operation";
import { collection, idempotencyKeyField, text } from "../../parameters";

const options: INodeProperties = {
  displayName: "Options",
  name: "options",
  type: "collection",
  placeholder: "Add option",
  default: {},
  options: [
    {
      displayName: "Country",
      name: "country",
      type: "string",
      default: "",
      placeholder: "US",
      description: "ISO 3166-1; believed only where the tenant is trusted",
    },
    idempotencyKeyField,
    {
      displayName: "Operator",
      name: "operator",
      type: "string",
      default: "",
      description: "Believed only where the tenant is trusted",
    },
    {
      displayName: "Reference",
      name: "reference",
      type: "string",
      default: "",
      description: "Your own, echoed in events",
    },
    {
      displayName: "Validity (Seconds)",
      name: "validitySeconds",
      type: "number",
      typeOptions: { minValue: 1 },
      default: 86400,
      description: "How many seconds it may still be sent",
    },
  ],
};

export const CHANNELS = [
  { name: "Instagram", value: "instagram" },
  { name: "Messenger", value: "messenger" },
  { name: "RCS (Custom)", value: "rcs-custom" },
  { name: "RCS (Google)", value: "rcs-google" },
  { name: "SMS", value: "sms" },
  { name: "Telegram", value: "telegram" },
  { name: "USSD", value: "ussd" },
  { name: "Viber", value: "viber" },
  { name: "WhatsApp", value: "whatsapp" },
  { name: "XMPP", value: "xmpp" },
];

export const send: Operation = {
  name: "Send",
  value: "send",
  action: "Send a message",
  description:
    "Send a message; needs a tenant's key. It is priced, and its amount set aside, before it goes.",
  fields: [
    { displayName: "Channel", name: "channel", type: "options", options: CHANNELS, default: "sms" },
    {
      displayName: "From",
      name: "from",
      type: "string",
      required: true,
      default: "",
      placeholder: "ACME",
      description: "Sender's name (up to 11 characters), short code or number",
    },
    {
      displayName: "To",
      name: "to",
      type: "string",
      required: true,
      default: "",
      placeholder: "+12025550143",
      description: "Number with its country code",
    },
    {
      displayName: "Text",
      name: "text",
      type: "string",
      typeOptions: { rows: 3 },
      required: true,
      default: "",
    },
    options,
  ],
  run: async (context, item) => {
    const { idempotencyKey, validitySeconds, reference, country, operator } = collection(
      context,
      "options",
      item,
    );
    const answer = await call(context, {
      method: "POST",
      url: "/api/v2/messages",
      headers: effectHeaders(context, item, idempotencyKey),
      body: given({
        channel: text(context, "channel", item),
        from: text(context, "from", item),
        to: text(context, "to", item),
        text: context.getNodeParameter("text", item, "") as string,
        validity_seconds: validitySeconds,
        reference,
        country,
        operator,
      }),
      item,
    });
    return [linked(answer, null)];
  },
};
