import type { IDataObject, INodeProperties } from "n8n-workflow";
import { rateCard, tenantFilter } from "../../../fields/locators";
import { call, given } from "../../../gateway/call";
import { isObject } from "../../../gateway/problem";
import { linked, type Operation } from "../../operation";
import { collection, text, time } from "../../parameters";

const more: INodeProperties = {
  displayName: "Additional Fields",
  name: "additionalFields",
  type: "collection",
  placeholder: "Add field",
  default: {},
  options: [
    {
      displayName: "Attributes",
      name: "attributes",
      type: "fixedCollection",
      typeOptions: { multipleValues: true },
      placeholder: "Add Attribute",
      default: {},
      description: "What the card's attribute rates, pulses, sizes and formulas look at",
      options: [
        {
          displayName: "Attribute",
          name: "attribute",
          values: [
            { displayName: "Name", name: "name", type: "string", default: "" },
            { displayName: "Value", name: "value", type: "string", default: "" },
          ],
        },
      ],
    },
    {
      displayName: "Connector",
      name: "connector",
      type: "string",
      default: "",
      description: "By which supplier it would go; cost and margin are shown to administration keys",
    },
    {
      displayName: "Destination",
      name: "destination",
      type: "string",
      default: "",
      placeholder: "US",
      description: "ISO 3166-1",
    },
    {
      displayName: "Load",
      name: "load",
      type: "string",
      default: "",
      placeholder: "80",
      description: "Percent to assume, for surge prices",
    },
    { displayName: "Operator", name: "operator", type: "string", default: "", placeholder: "Verizon" },
    {
      displayName: "Prefix",
      name: "prefix",
      type: "string",
      default: "",
      placeholder: "4477",
      description: "Leading digits of the number",
    },
    {
      ...rateCard,
      required: false,
      description: "Default: the card in force for the tenant; another one needs an administration key",
    },
    {
      displayName: "Request Size",
      name: "requestSize",
      type: "number",
      typeOptions: { minValue: 1 },
      default: 1,
      description: "Messages in the request, for bulk discounts",
    },
    {
      displayName: "Timestamp",
      name: "timestamp",
      type: "dateTime",
      default: "",
      description: "When it would happen",
    },
    {
      displayName: "To",
      name: "to",
      type: "string",
      default: "",
      placeholder: "+12025550143",
      description: "A number, from which operator, destination and prefix follow; it is not kept",
    },
    { displayName: "Units", name: "units", type: "number", typeOptions: { minValue: 1 }, default: 1 },
    {
      displayName: "Volume",
      name: "volume",
      type: "number",
      typeOptions: { minValue: 1 },
      default: 1,
      description: "The month's volume to assume, this event included; default: the wallet's own",
    },
    { displayName: "Wallet ID", name: "walletId", type: "string", default: "" },
  ],
};

export const create: Operation = {
  name: "Create",
  value: "create",
  action: "Create a quote",
  description: "What an event would cost by the rules of a charge, charged to nobody",
  fields: [
    { ...tenantFilter, description: "Needed with an administration key" },
    {
      displayName: "Event Type",
      name: "eventType",
      type: "string",
      required: true,
      default: "sms.delivered",
    },
    {
      displayName: "Channel",
      name: "channel",
      type: "string",
      required: true,
      default: "sms",
      description: "Such as sms, ussd, whatsapp, rcs, firewall, api, storage",
    },
    more,
  ],
  run: async (context, item) => {
    const fields = collection(context, "additionalFields", item);
    const answer = await call(context, {
      method: "POST",
      url: "/api/v2/quotes",
      body: given({
        tenant_id: text(context, "tenantId", item),
        event_type: text(context, "eventType", item),
        channel: text(context, "channel", item),
        wallet_id: fields.walletId,
        rate_card_id: isObject(fields.rateCardId) ? (fields.rateCardId.value as string) : fields.rateCardId,
        timestamp: time(context, fields.timestamp),
        units: fields.units,
        to: fields.to,
        operator: fields.operator,
        destination: fields.destination,
        prefix: fields.prefix,
        attributes: attributesOf(fields.attributes),
        request_size: fields.requestSize,
        load: fields.load,
        connector: fields.connector,
        volume: fields.volume,
      }),
      item,
    });
    return [linked(answer, null)];
  },
};

function attributesOf(value: unknown): IDataObject | undefined {
  const list = isObject(value) && Array.isArray(value.attribute) ? (value.attribute as IDataObject[]) : [];
  return list.length === 0
    ? undefined
    : Object.fromEntries(list.map(({ name, value: of }) => [String(name), String(of)]));
}
