import type { FieldType, INodePropertyOptions, ResourceMapperField } from "n8n-workflow";
import type { JsonSchema } from "../gateway/catalog";
import { isObject } from "../gateway/problem";

type Values = Readonly<Record<string, unknown>>;

/** A schema without its null. */
interface Shape {
  readonly type: string | null;
  readonly nullable: boolean;
  readonly options: readonly unknown[] | null;
  readonly constant: unknown;
  readonly properties: Readonly<Record<string, JsonSchema>> | null;
  readonly required: readonly string[];
  readonly defaultValue: unknown;
  readonly format: string | null;
}

/**
 * The editor's fields of a JSON Schema: one for each property, those of objects under dotted names ("wallet.currency").
 * @param optional required properties that the gateway fills in where they are left out.
 */
export function fieldsOf(schema: JsonSchema | null, optional: readonly string[] = []): ResourceMapperField[] {
  return schema === null ? [] : fieldsBelow(shapeOf(schema), "", true, optional);
}

function fieldsBelow(
  shape: Shape,
  prefix: string,
  needed: boolean,
  optional: readonly string[],
): ResourceMapperField[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, schema]) => {
    const inner = shapeOf(schema);
    const id = `${prefix}${name}`;
    const required = needed && !inner.nullable && shape.required.includes(name) && !optional.includes(id);
    if (inner.constant !== undefined) return [];
    if (inner.properties !== null) return fieldsBelow(inner, `${id}.`, required, optional);
    return [fieldOf(id, inner, required)];
  });
}

function fieldOf(id: string, shape: Shape, required: boolean): ResourceMapperField {
  return {
    id,
    displayName: labelOf(id),
    required,
    defaultMatch: false,
    canBeUsedToMatch: false,
    display: true,
    type: fieldType(shape),
    ...(shape.options === null ? {} : { options: shape.options.map(toOption) }),
    ...(isDefault(shape.defaultValue) ? { defaultValue: shape.defaultValue } : {}),
  };
}

function fieldType({ type, options, format }: Shape): FieldType {
  if (options !== null) return "options";
  if (type === "integer" || type === "number") return "number";
  if (type === "boolean") return "boolean";
  if (type === "array") return "array";
  if (type === "string") return format === "date-time" ? "dateTime" : "string";
  return "object";
}

function toOption(value: unknown): INodePropertyOptions {
  return { name: labelOf(String(value)), value: value as string };
}

/** "wallet.creditLimit" → "Wallet Credit Limit". */
export function labelOf(id: string): string {
  const words = id.replace(/([a-z\d])([A-Z])/g, "$1 $2").split(/[\s._-]+/);
  return words
    .map((word) => (/^id$/i.test(word) ? "ID" : word.charAt(0).toUpperCase() + word.slice(1)))
    .join(" ");
}

/**
 * The input that the schema asks for. What is empty is left out, or null where it has to be there and may be; what is missing all the same the
 * gateway names.
 */
export function toInput(schema: JsonSchema | null, values: Values): Record<string, unknown> {
  return schema === null ? {} : below(shapeOf(schema), values, "").input;
}

interface Built {
  readonly input: Record<string, unknown>;
  /** Whether any of its values was given. */
  readonly isGiven: boolean;
}

function below(shape: Shape, values: Values, prefix: string): Built {
  const input: Record<string, unknown> = {};
  let isGiven = false;
  for (const [name, schema] of Object.entries(shape.properties ?? {})) {
    const inner = shapeOf(schema);
    const id = `${prefix}${name}`;
    const needed = shape.required.includes(name);
    const nested = inner.properties === null ? null : below(inner, values, `${id}.`);
    const value =
      nested === null ? converted(inner, valueAt(values, id)) : nested.isGiven ? nested.input : undefined;
    isGiven ||= value !== undefined;
    if (value !== undefined) input[name] = value;
    else if (needed && inner.constant !== undefined) input[name] = inner.constant;
    else if (needed && inner.nullable) input[name] = null;
    else if (needed && nested !== null) input[name] = nested.input;
  }
  return { input, isGiven };
}

/** By its dotted name, or inside of objects as an item may hold it. */
function valueAt(values: Values, id: string): unknown {
  if (Object.hasOwn(values, id)) return values[id];
  return id.split(".").reduce<unknown>((found, key) => (isObject(found) ? found[key] : undefined), values);
}

/** As the schema's type, where an expression gave another; undefined where nothing was given. */
function converted({ type, options }: Shape, value: unknown): unknown {
  if (value === undefined || value === null || value === "") return undefined;
  if (options !== null) return options.find((one) => String(one) === String(value)) ?? value;
  if (type === "string" && (typeof value === "number" || typeof value === "boolean")) return String(value);
  if (
    (type === "integer" || type === "number") &&
    typeof value === "string" &&
    Number.isFinite(Number(value))
  )
    return Number(value);
  if (type === "boolean" && (value === "true" || value === "false")) return value === "true";
  if (typeof value === "string" && (type === "array" || type === "object" || type === null))
    return parsed(value, type);
  return value;
}

function parsed(text: string, type: string | null): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return type === "array" ? text.split(",").map((part) => part.trim()) : text;
  }
}

function shapeOf(schema: JsonSchema): Shape {
  const choices = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isObject) : [];
  const inner = choices.find(({ type }) => type !== "null") ?? schema;
  const types = Array.isArray(inner.type) ? inner.type : [inner.type];
  const type = types.find((one) => one !== "null");
  return {
    type: typeof type === "string" ? type : null,
    nullable: types.includes("null") || choices.some((one) => one.type === "null"),
    options: Array.isArray(inner.enum) ? inner.enum : null,
    constant: inner.const,
    properties: isObject(inner.properties) ? (inner.properties as Record<string, JsonSchema>) : null,
    required: Array.isArray(inner.required) ? inner.required : [],
    defaultValue: schema.default ?? inner.default,
    format: typeof inner.format === "string" ? inner.format : null,
  };
}

function isDefault(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
