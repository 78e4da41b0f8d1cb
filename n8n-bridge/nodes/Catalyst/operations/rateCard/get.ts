import { rateCard } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const get: Operation = {
  name: "Get",
  value: "get",
  action: "Get a rate card",
  description: "Read a rate card's latest version, its text and all its versions",
  fields: [rateCard],
  run: async (context, item) => {
    const url = path`/api/v2/rate-cards/${id(context, "rateCardId", item)}`;
    return [linked(await call(context, { url, item }), null)];
  },
};
