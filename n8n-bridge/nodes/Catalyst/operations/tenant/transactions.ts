import { tenant } from "../../../fields/locators";
import { given, path } from "../../../gateway/call";
import { rows } from "../../../gateway/pages";
import { linked, type Operation } from "../../operation";
import { collection, id, limit, returnAll, time, wanted } from "../../parameters";

export const transactions: Operation = {
  name: "List Transactions",
  value: "transactions",
  action: "List the transactions of a tenant",
  description: "List the ledger's entries, the newest first",
  fields: [
    tenant,
    returnAll,
    limit,
    {
      displayName: "Filters",
      name: "filters",
      type: "collection",
      placeholder: "Add filter",
      default: {},
      options: [
        {
          displayName: "Event Type",
          name: "eventType",
          type: "string",
          default: "",
          placeholder: "sms.delivered",
        },
        { displayName: "From", name: "from", type: "dateTime", default: "" },
        { displayName: "To", name: "to", type: "dateTime", default: "" },
      ],
    },
  ],
  run: async (context, item) => {
    const { eventType, from, to } = collection(context, "filters", item);
    const url = path`/api/v2/tenants/${id(context, "tenantId", item)}/transactions`;
    const query = given({ event_type: eventType, from: time(context, from), to: time(context, to) });
    return (await rows(context, { url, query, item }, wanted(context, item))).map((row) => linked(row, null));
  },
};
