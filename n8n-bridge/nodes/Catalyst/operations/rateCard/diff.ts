import { rateCard } from "../../../fields/locators";
import { call, given, path } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const diff: Operation = {
  name: "Compare Versions",
  value: "diff",
  action: "Compare versions of a rate card",
  description: "What changes from one version of a card to another, by path",
  fields: [
    rateCard,
    {
      displayName: "From Version",
      name: "from",
      type: "number",
      typeOptions: { minValue: 0 },
      default: 0,
      description: "0: the version before To Version",
    },
    {
      displayName: "To Version",
      name: "to",
      type: "number",
      typeOptions: { minValue: 0 },
      default: 0,
      description: "0: the latest",
    },
  ],
  run: async (context, item) => {
    const version = (name: string) => (context.getNodeParameter(name, item, 0) as number) || undefined;
    const answer = await call(context, {
      url: path`/api/v2/rate-cards/${id(context, "rateCardId", item)}/diff`,
      query: given({ from: version("from"), to: version("to") }),
      item,
    });
    return [linked(answer, null)];
  },
};
