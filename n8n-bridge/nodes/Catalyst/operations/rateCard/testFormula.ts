import type { IDataObject } from "n8n-workflow";
import { call } from "../../../gateway/call";
import { linked, type Operation } from "../../operation";
import { collection, text } from "../../parameters";

export const testFormula: Operation = {
  name: "Test Formula",
  value: "testFormula",
  action: "Test a formula",
  description: "Whether a formula can be read, and what it gives; nothing is stored",
  fields: [
    {
      displayName: "Formula",
      name: "formula",
      type: "string",
      required: true,
      default: "",
      placeholder: "volume >= 1000 ? rate * 0.9 : rate",
    },
    {
      displayName: "Cases",
      name: "cases",
      type: "fixedCollection",
      typeOptions: { multipleValues: true },
      placeholder: "Add Case",
      default: {},
      description:
        "The variables' values, from rate, units, volume, base, load, request_size, hour, weekday, tenure_months, attr_…",
      options: [
        {
          displayName: "Case",
          name: "case",
          values: [
            {
              displayName: "Variables",
              name: "variables",
              type: "fixedCollection",
              typeOptions: { multipleValues: true },
              placeholder: "Add Variable",
              default: {},
              options: [
                {
                  displayName: "Variable",
                  name: "variable",
                  values: [
                    { displayName: "Name", name: "name", type: "string", default: "rate" },
                    { displayName: "Value", name: "value", type: "string", default: "" },
                  ],
                },
              ],
            },
          ],
        },
      ],
    },
  ],
  run: async (context, item) => {
    const cases = (collection(context, "cases", item).case as IDataObject[] | undefined) ?? [];
    const answer = await call(context, {
      method: "POST",
      url: "/api/v2/formulas/test",
      body: { formula: text(context, "formula", item), cases: cases.map(valuesOf) },
      item,
    });
    return [linked(answer, null)];
  },
};

function valuesOf({ variables }: IDataObject): IDataObject {
  const list = ((variables as IDataObject | undefined)?.variable as IDataObject[] | undefined) ?? [];
  return Object.fromEntries(list.map(({ name, value }) => [String(name), String(value)]));
}
