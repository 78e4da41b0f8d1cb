import { rateCard } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id, text } from "../../parameters";

export const setFormula: Operation = {
  name: "Set Formula",
  value: "setFormula",
  action: "Set a formula of a rate card",
  description:
    "Store the card's next version, which differs by an event's formula; it prices events from two seconds later",
  fields: [
    rateCard,
    {
      displayName: "Event Type",
      name: "eventType",
      type: "string",
      required: true,
      default: "",
      placeholder: "sms.delivered",
    },
    {
      displayName: "Formula",
      name: "formula",
      type: "string",
      default: "",
      placeholder: "max(rate, 0.005) * units",
      description: "Empty takes it away",
    },
  ],
  run: async (context, item) => {
    const formula = text(context, "formula", item);
    const answer = await call(context, {
      method: "POST",
      url: path`/api/v2/rate-cards/${id(context, "rateCardId", item)}/formulas`,
      body: { event_type: text(context, "eventType", item), formula: formula === "" ? null : formula },
      item,
    });
    return [linked(answer, null)];
  },
};
