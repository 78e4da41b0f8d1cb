import type { IDataObject, IExecuteFunctions, INodeProperties } from "n8n-workflow";
import { call, given } from "../../../gateway/call";
import { effectHeaders } from "../../../gateway/idempotency";
import { isObject } from "../../../gateway/problem";
import { linked, type Operation } from "../../operation";
import { collection, idempotencyKeyField, options, text } from "../../parameters";

/** Prices are texts: a number of n8n is a double and would lose digits. */
const price = (displayName: string, name: string): INodeProperties => ({
  displayName,
  name,
  type: "string",
  default: "",
  placeholder: "0.015",
});

const rates: INodeProperties = {
  displayName: "Rates",
  name: "rates",
  type: "fixedCollection",
  typeOptions: { multipleValues: true },
  placeholder: "Add Rate",
  default: {},
  description: "A price; rows of the same channel belong together",
  options: [
    {
      displayName: "Rate",
      name: "rate",
      values: [
        {
          displayName: "Channel",
          name: "channel",
          type: "string",
          default: "sms",
          description: "Such as sms, ussd, whatsapp, rcs, firewall, api, storage",
        },
        {
          displayName: "Kind",
          name: "kind",
          type: "options",
          options: [
            { name: "Base", value: "base", description: "What holds where nothing more special does" },
            { name: "Destination", value: "destination", description: "For a country" },
            { name: "Event", value: "event", description: "For an event type of the channel" },
            { name: "Operator", value: "operator", description: "For a mobile operator" },
            { name: "Prefix", value: "prefix", description: "For leading digits of the number" },
          ],
          default: "base",
        },
        {
          displayName: "For",
          name: "key",
          type: "string",
          default: "",
          placeholder: "US, Verizon, 4477 or delivered",
          description: "Country, operator, prefix or event type; of a base rate: empty",
        },
        price("Price", "price"),
      ],
    },
  ],
};

const timeBands: INodeProperties = {
  displayName: "Time Bands",
  name: "timeBands",
  type: "fixedCollection",
  typeOptions: { multipleValues: true },
  placeholder: "Add Time Band",
  default: {},
  options: [
    {
      displayName: "Time Band",
      name: "band",
      values: [
        { displayName: "Channel", name: "channel", type: "string", default: "sms" },
        {
          displayName: "Days of Week",
          name: "daysOfWeek",
          type: "multiOptions",
          options: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"].map(
            (name, value) => ({
              name,
              value,
            }),
          ),
          default: [],
          description: "None: every day",
        },
        { displayName: "End Hour", name: "endHour", type: "number", default: 17 },
        price("Multiplier", "multiplier"),
        { displayName: "Name", name: "name", type: "string", default: "" },
        price("Price", "price"),
        { displayName: "Start Hour", name: "startHour", type: "number", default: 9 },
      ],
    },
  ],
};

const volumeDiscounts: INodeProperties = {
  displayName: "Volume Discounts",
  name: "volumeDiscounts",
  type: "fixedCollection",
  typeOptions: { multipleValues: true },
  placeholder: "Add Volume Discount",
  default: {},
  options: [
    {
      displayName: "Volume Discount",
      name: "tier",
      values: [
        {
          displayName: "From Volume",
          name: "minVolume",
          type: "number",
          default: 10000,
          description: "Events of the month",
        },
        {
          displayName: "To Volume",
          name: "maxVolume",
          type: "number",
          default: 0,
          description: "The last one of the tier; 0: no end",
        },
        { ...price("Discount", "discount"), placeholder: "5", description: "Percent" },
      ],
    },
  ],
};

const fields: INodeProperties[] = [
  {
    displayName: "Card From",
    name: "source",
    type: "options",
    options: [
      { name: "Fields", value: "fields" },
      {
        name: "JSON Document",
        value: "document",
        description: "A whole card in its own format, with every feature",
      },
    ],
    default: "fields",
  },
  {
    displayName: "Document",
    name: "document",
    type: "json",
    typeOptions: { rows: 10 },
    required: true,
    default: "",
    description: "The card's JSON text: it is stored as it stands, its numbers keep every digit",
  },
  {
    displayName: "Rate Card ID",
    name: "rateCardId",
    type: "string",
    required: true,
    default: "",
    placeholder: "RC-TENANT-001",
  },
  { displayName: "Name", name: "name", type: "string", required: true, default: "" },
  {
    displayName: "Currency",
    name: "currency",
    type: "string",
    required: true,
    default: "USD",
    description: "ISO 4217",
  },
  {
    displayName: "Effective Date",
    name: "effectiveDate",
    type: "string",
    required: true,
    default: "",
    placeholder: "2026-12-01",
    description: "The day, in the card's zone, from which its first version holds",
  },
  { displayName: "Time Zone", name: "timezone", type: "string", default: "UTC", description: "IANA name" },
  rates,
  timeBands,
  volumeDiscounts,
];

/** Each is shown with the source that it belongs to. */
const shown = fields.map((field) =>
  field.name === "source"
    ? field
    : { ...field, displayOptions: { show: { source: [field.name === "document" ? "document" : "fields"] } } },
);

export const create: Operation = {
  name: "Create",
  value: "create",
  action: "Create a rate card",
  description:
    "Store a version of a rate card. A later version holds from two seconds after it is stored, or its effective date.",
  fields: [...shown, options(idempotencyKeyField)],
  run: async (context, item) => {
    const answer = await call(context, {
      method: "POST",
      url: "/api/v2/rate-cards",
      headers: effectHeaders(context, item, collection(context, "options", item).idempotencyKey),
      body: cardText(context, item),
      item,
    });
    return [linked(answer, null)];
  },
};

function cardText(context: IExecuteFunctions, item: number): string {
  if (text(context, "source", item) === "document") {
    const document = context.getNodeParameter("document", item) as unknown;
    return typeof document === "string" ? document : JSON.stringify(document);
  }
  const list = (name: string, entry: string) =>
    (collection(context, name, item)[entry] as IDataObject[] | undefined) ?? [];
  const tiers = list("volumeDiscounts", "tier").map(({ minVolume, maxVolume, discount }) => ({
    min_volume: minVolume,
    ...(maxVolume ? { max_volume: maxVolume } : {}),
    discount,
  }));
  return JSON.stringify({
    rate_card_id: text(context, "rateCardId", item),
    name: text(context, "name", item),
    currency: text(context, "currency", item),
    effective_date: text(context, "effectiveDate", item).slice(0, "2026-12-01".length),
    timezone: text(context, "timezone", item) || "UTC",
    rates: ratesOf(list("rates", "rate"), list("timeBands", "band")),
    ...(tiers.length === 0 ? {} : { volume_discounts: tiers }),
  });
}

const KEYS: Readonly<Record<string, string>> = {
  destination: "destination_rates",
  event: "events",
  operator: "operator_rates",
  prefix: "prefix_rates",
};

/** `rates` of the card: rows of one channel become one entry. */
function ratesOf(prices: readonly IDataObject[], bands: readonly IDataObject[]): IDataObject {
  const channels: Record<string, IDataObject> = {};
  for (const { channel, kind, key, price: amount } of prices) {
    const of = (channels[String(channel)] ??= {});
    const group = KEYS[String(kind)];
    if (group === undefined) of.base_rate = amount;
    else of[group] = { ...(isObject(of[group]) ? of[group] : {}), [String(key)]: amount };
  }
  for (const { channel, name, startHour, endHour, daysOfWeek, price: rate, multiplier } of bands) {
    const of = (channels[String(channel)] ??= {});
    const days = Array.isArray(daysOfWeek) && daysOfWeek.length > 0 ? { days_of_week: daysOfWeek } : {};
    const band = { name, start_hour: startHour, end_hour: endHour, ...days, ...given({ rate, multiplier }) };
    of.time_bands = [...((of.time_bands as IDataObject[] | undefined) ?? []), band as IDataObject];
  }
  return channels;
}
