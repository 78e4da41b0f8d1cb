import type { ILoadOptionsFunctions, INodePropertyOptions, ResourceMapperFields } from "n8n-workflow";
import { flow, message, type MessageKind } from "../gateway/catalog";
import { fieldsOf, labelOf } from "./json-schema";
import { current } from "./list-search";

/** The gateway writes the key's own name there. */
const FILLED_IN = ["actor"];

/** Fields of what the chosen flow starts with. */
export async function getWorkflowInput(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
  const name = current(this, "workflow");
  return { fields: name === "" ? [] : fieldsOf((await flow(this, name)).input, FILLED_IN) };
}

export function getSignalInput(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
  return messageInput(this, "signals", "signalName");
}

export function getUpdateInput(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
  return messageInput(this, "updates", "updateName");
}

async function messageInput(
  context: ILoadOptionsFunctions,
  kind: MessageKind,
  parameter: string,
): Promise<ResourceMapperFields> {
  const [name, chosen] = [current(context, "workflow"), current(context, parameter)];
  if (name === "" || chosen === "") return { fields: [] };
  const { input } = message(context, await flow(context, name), kind, chosen);
  return { fields: fieldsOf(input) };
}

export function getSignals(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
  return messageOptions(this, "signals");
}

export function getUpdates(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
  return messageOptions(this, "updates");
}

export function getQueries(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
  return messageOptions(this, "queries");
}

async function messageOptions(
  context: ILoadOptionsFunctions,
  kind: MessageKind,
): Promise<INodePropertyOptions[]> {
  const name = current(context, "workflow");
  if (name === "") return [];
  const known = (await flow(context, name))[kind];
  return known.map((one) => ({ name: labelOf(one.name), value: one.name, description: one.description }));
}
