import type {
  IExecuteFunctions,
  INodeProperties,
  IWebhookFunctions,
  ResourceMapperValue,
} from "n8n-workflow";
import type { JsonSchema } from "../gateway/catalog";
import { isObject } from "../gateway/problem";
import { toInput } from "./json-schema";

/** The fields of a flow's input, signal or update, typed from the gateway's catalog. */
export function mappedInput(method: string, dependsOn: readonly string[]): INodeProperties {
  return {
    displayName: "Input",
    name: "input",
    type: "resourceMapper",
    noDataExpression: true,
    default: { mappingMode: "defineBelow", value: null },
    typeOptions: {
      loadOptionsDependsOn: [...dependsOn],
      resourceMapper: {
        resourceMapperMethod: method,
        mode: "add",
        fieldWords: { singular: "field", plural: "fields" },
        addAllFields: true,
        supportAutoMap: true,
        noFieldsError: "It takes no input.",
      },
    },
    description: "Fields of the catalog's JSON Schema: GET /api/v2/workflows",
  };
}

/** What a person filled in, or what the input item holds under the fields' names, in the schema's form. */
export function readInput(
  context: IExecuteFunctions,
  schema: JsonSchema | null,
  item: number,
): Record<string, unknown> {
  const mapped = context.getNodeParameter("input", item, {}) as Partial<ResourceMapperValue>;
  const automatic = mapped.mappingMode === "autoMapInputData";
  return toInput(schema, automatic ? (context.getInputData()[item]?.json ?? {}) : valuesOf(mapped));
}

/** The same in a waiting node's webhook, of the item with which it waits. */
export function readWaitingInput(context: IWebhookFunctions): Record<string, unknown> {
  return valuesOf(context.getNodeParameter("input", {}) as Partial<ResourceMapperValue>);
}

function valuesOf(mapped: Partial<ResourceMapperValue>): Record<string, unknown> {
  return isObject(mapped.value) ? mapped.value : {};
}
