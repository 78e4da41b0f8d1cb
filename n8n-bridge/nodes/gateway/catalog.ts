import type { IDataObject, INode } from "n8n-workflow";
import { call, type Caller } from "./call";
import { problemError } from "./problem";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A signal, update or query of a flow. */
export interface FlowMessage {
  readonly name: string;
  readonly description: string;
  readonly input: JsonSchema | null;
}

/** A durable flow as GET /api/v2/workflows describes it. */
export interface Flow {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Roles of keys that may start it; empty: something else starts it. */
  readonly starters: readonly string[];
  readonly input: JsonSchema | null;
  readonly signals: readonly FlowMessage[];
  readonly updates: readonly FlowMessage[];
  readonly queries: readonly FlowMessage[];
}

export type MessageKind = "signals" | "updates" | "queries";

export async function flows(caller: Caller): Promise<readonly Flow[]> {
  const { data } = await call<{ data: Flow[] }>(caller, { url: "/api/v2/workflows" });
  return data;
}

/** Throws NodeApiError where the gateway knows no such flow. */
export async function flow(caller: Caller, name: string): Promise<Flow> {
  const all = await flows(caller);
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw missing(
    caller.getNode(),
    `There is no workflow ${name}: there are ${all.map((one) => one.name).join(", ")}`,
  );
}

/** Throws NodeApiError where the flow has no such message. */
export function message(
  caller: Caller,
  { title, ...of }: Flow,
  kind: MessageKind,
  name: string,
): FlowMessage {
  const found = of[kind].find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = of[kind].map((one) => one.name).join(", ") || "none";
  throw missing(caller.getNode(), `${title} has no ${kind.slice(0, -1)} ${name}: it has ${known}`);
}

/** Address of a run in Temporal's Web UI; null where it cannot be had, which fails nothing. */
export async function linkOfRun(caller: Caller, workflowId: string): Promise<string | null> {
  const run = await call<IDataObject>(caller, {
    url: `/api/v2/workflows/runs/${encodeURIComponent(workflowId)}`,
  }).catch(() => ({}) as IDataObject);
  return typeof run.url === "string" ? run.url : null;
}

function missing(node: INode, detail: string) {
  return problemError(node, { status: 404, code: "not_found", detail, errors: [], requestId: null });
}
