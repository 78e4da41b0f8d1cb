import type { IDataObject } from "n8n-workflow";
import { labelOf } from "../fields/json-schema";
import type { JsonSchema } from "../gateway/catalog";
import { isObject } from "../gateway/problem";

/** A field that the person fills in. */
export interface AskedField {
  readonly id: string;
  readonly label: string;
  readonly required: boolean;
  /** Null: free text. */
  readonly options: readonly string[] | null;
}

/** What a person is asked, by the update's schema. */
export interface Question {
  /** The property that the buttons answer; null: there is one button that says yes. */
  readonly decision: { readonly id: string; readonly choices: readonly string[] } | null;
  readonly fields: readonly AskedField[];
}

/** What of the update's input is not given already is asked: its choice by buttons, the rest by fields. */
export function questionOf(schema: JsonSchema | null, preset: Readonly<Record<string, unknown>>): Question {
  const properties = schema !== null && isObject(schema.properties) ? schema.properties : {};
  const required = schema !== null && Array.isArray(schema.required) ? schema.required : [];
  const open = Object.entries(properties).filter(
    ([id]) => preset[id] === undefined || preset[id] === "" || preset[id] === null,
  );
  const fields = open
    .filter((entry): entry is [string, Record<string, unknown>] => isObject(entry[1]))
    .map(([id, of]) => ({
      id,
      label: LABELS[id] ?? labelOf(id),
      required: required.includes(id) && !isNullable(of),
      options: choices(of),
    }));
  const decided = fields.find(({ options, required: needed }) => options !== null && needed);
  return {
    decision: decided === undefined ? null : { id: decided.id, choices: decided.options ?? [] },
    fields: fields.filter(({ id }) => id !== decided?.id),
  };
}

const LABELS: Readonly<Record<string, string>> = { actor: "Your Name" };

/** The person's part of the update's input. */
export function answerOf({ decision, fields }: Question, form: IDataObject): Record<string, unknown> {
  const ids = [...(decision === null ? [] : [decision.id]), ...fields.map(({ id }) => id)];
  return Object.fromEntries(
    ids.map((id) => [id, String(form[id] ?? "").trim()]).filter(([, value]) => value !== ""),
  );
}

function choices(schema: Readonly<Record<string, unknown>>): readonly string[] | null {
  const inner = Array.isArray(schema.anyOf)
    ? schema.anyOf.filter(isObject).find(({ type }) => type !== "null")
    : schema;
  return Array.isArray(inner?.enum) ? inner.enum.map(String) : null;
}

function isNullable({ anyOf, type }: Readonly<Record<string, unknown>>): boolean {
  return (
    (Array.isArray(type) && type.includes("null")) ||
    (Array.isArray(anyOf) && anyOf.some((one) => isObject(one) && one.type === "null"))
  );
}
