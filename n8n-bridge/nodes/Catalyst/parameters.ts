import {
  type IDataObject,
  type IExecuteFunctions,
  type INodeProperties,
  NodeOperationError,
} from "n8n-workflow";
import { labelOf } from "../fields/json-schema";

/** A text parameter, empty where it is not there. */
export function text(context: IExecuteFunctions, name: string, item: number): string {
  const value = context.getNodeParameter(name, item, "", { extractValue: true });
  return typeof value === "string" ? value.trim() : String(value ?? "");
}

/** A parameter that goes into the address. Throws NodeOperationError where it is empty, as an expression that found nothing is. */
export function id(context: IExecuteFunctions, name: string, item: number): string {
  const value = text(context, name, item);
  if (value !== "" && !/^\.+$/.test(value)) return value;
  throw new NodeOperationError(
    context.getNode(),
    `${labelOf(name)} is ${value === "" ? "empty" : `"${value}"`}`,
    {
      description:
        "Choose one from the list, or correct the expression: it may have found nothing in this item.",
      itemIndex: item,
    },
  );
}

/** The fields of a collection that were filled in. */
export function collection(context: IExecuteFunctions, name: string, item: number): IDataObject {
  return context.getNodeParameter(name, item, {}) as IDataObject;
}

/** Lines of a text, without the empty ones. */
export function lines(value: unknown): string[] {
  return String(value ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** What n8n's date picker gives: a time without zone is the workflow's own. */
const PICKED = /^[\d:T.+Z-]+$/;

/** A date-time parameter as RFC 3339; what is no time goes as it is, for the gateway to refuse. */
export function time(context: IExecuteFunctions, value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const picked = String(value);
  if (!PICKED.test(picked)) return picked;
  const expression = `{{ DateTime.fromISO("${picked}", { zone: $now.zoneName }).toUTC().toISO() }}`;
  return (context.evaluateExpression(expression, 0) as string | null) ?? picked;
}

export const returnAll: INodeProperties = {
  displayName: "Return All",
  name: "returnAll",
  type: "boolean",
  default: false,
  description: "Whether to return all results or only up to a given limit",
};

export const limit: INodeProperties = {
  displayName: "Limit",
  name: "limit",
  type: "number",
  typeOptions: { minValue: 1 },
  default: 50,
  description: "Max number of results to return",
  displayOptions: { show: { returnAll: [false] } },
};

/** How many rows are wanted; null: all. */
export function wanted(context: IExecuteFunctions, item: number): number | null {
  return context.getNodeParameter("returnAll", item, false) === true
    ? null
    : (context.getNodeParameter("limit", item, 50) as number);
}

/** Of operations that change something. */
export const idempotencyKeyField: INodeProperties = {
  displayName: "Idempotency Key",
  name: "idempotencyKey",
  type: "string",
  default: "",
  description:
    "The request takes effect once per key. Left empty, the node makes one of execution, node, loop round and item, so that Retry On Fail changes nothing twice.",
};

/** What an operation that changes something may be told besides, in the order of its names. */
export function options(...fields: INodeProperties[]): INodeProperties {
  return {
    displayName: "Options",
    name: "options",
    type: "collection",
    placeholder: "Add option",
    default: {},
    options: fields,
  };
}

export const amountField: INodeProperties = {
  displayName: "Amount",
  name: "amount",
  type: "string",
  required: true,
  default: "",
  placeholder: "100.00",
  description: "Exact to 18 decimals",
};

export const currencyField: INodeProperties = {
  displayName: "Currency",
  name: "currency",
  type: "string",
  default: "",
  description: "When given, must be the wallet's",
};

export const walletField: INodeProperties = {
  displayName: "Wallet ID",
  name: "walletId",
  type: "string",
  default: "",
  description: "Default: the tenant's first wallet",
};

export const reason: INodeProperties = {
  displayName: "Reason",
  name: "reason",
  type: "string",
  required: true,
  default: "",
  description: "Why; it is kept with the change",
};
