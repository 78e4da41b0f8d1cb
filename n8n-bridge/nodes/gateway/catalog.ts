import type { IDataObject, INode } from "n8n-workflow";
import { baseUrl, call, type Caller } from "./call";
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

/** A start asks for nothing but its schema: one request fewer, for so long. In ms; a catalog changes by a release of the platform alone. */
const KEPT_MS = 30_000;

const kept = new Map<string, { readonly flow: Flow; readonly until: number }>();

/** As `flow`, from this process's memory where it was asked for a moment ago. */
export async function recentFlow(caller: Caller, name: string): Promise<Flow> {
  const key = `${await baseUrl(caller)} ${name}`;
  const known = kept.get(key);
  if (known !== undefined && Date.now() < known.until) return known.flow;
  const found = await flow(caller, name);
  kept.set(key, { flow: found, until: Date.now() + KEPT_MS });
  return found;
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
