import type { INodeProperties } from "n8n-workflow";
import type { Operation, Resource } from "../operation";
import { fraudCase } from "./fraudCase";
import { invoice } from "./invoice";
import { message } from "./message";
import { payment } from "./payment";
import { quote } from "./quote";
import { rateCard } from "./rateCard";
import { schedule } from "./schedule";
import { tenant } from "./tenant";
import { workflow } from "./workflow";

export const RESOURCES: readonly Resource[] = [
  fraudCase,
  invoice,
  message,
  payment,
  quote,
  rateCard,
  schedule,
  tenant,
  workflow,
];

/** Undefined where the parameters name none. */
export function operationOf(resource: string, operation: string): Operation | undefined {
  return RESOURCES.find(({ value }) => value === resource)?.operations.find(
    ({ value }) => value === operation,
  );
}

/** The choice of resource and operation, and every operation's own fields. */
export const PROPERTIES: INodeProperties[] = [
  {
    displayName: "Resource",
    name: "resource",
    type: "options",
    noDataExpression: true,
    options: RESOURCES.map(({ name, value }) => ({ name, value })),
    default: "workflow",
  },
  ...RESOURCES.map(operationChoice),
  ...RESOURCES.flatMap(({ value, operations }) => operations.flatMap((one) => fieldsOf(value, one))),
];

function operationChoice({ value: resource, operations }: Resource): INodeProperties {
  const sorted = [...operations].sort((one, other) => one.name.localeCompare(other.name));
  const { value: first } = operations[0];
  return {
    displayName: "Operation",
    name: "operation",
    type: "options",
    noDataExpression: true,
    displayOptions: { show: { resource: [resource] } },
    options: sorted.map(({ name, value, action, description }) => ({ name, value, action, description })),
    default: first,
  };
}

/** Shown with their operation alone, besides what they ask for themselves. */
function fieldsOf(resource: string, { value, fields }: Operation): INodeProperties[] {
  return fields.map((field) => ({
    ...field,
    displayOptions: {
      ...field.displayOptions,
      show: { ...field.displayOptions?.show, resource: [resource], operation: [value] },
    },
  }));
}
