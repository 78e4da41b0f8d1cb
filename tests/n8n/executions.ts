import type { Execution, N8nWorld } from "./world.ts";

/** What a node hands on. */
export interface Item {
  readonly json: Readonly<Record<string, unknown>>;
  readonly binary?: Readonly<Record<string, unknown>>;
  /** Place of the item that it came from, among the node's input. */
  readonly pairedItem?: { readonly item: number };
}

/** What became of an execution. */
export interface Outcome {
  readonly status: Execution["status"];
  /** Why it stopped; null where nothing stopped it. */
  readonly error: { readonly message: string; readonly description?: string | null } | null;
  /** The node at which it stopped, waits or ended. */
  readonly lastNode: string | null;
  /** What the node handed on, a list for each time that it ran; none where it did not. */
  rounds(node: string): readonly (readonly Item[])[];
}

interface ResultData {
  readonly error?: Outcome["error"];
  readonly lastNodeExecuted?: string;
  readonly runData: Readonly<
    Record<string, readonly { readonly data?: { readonly main: readonly (readonly Item[] | null)[] } }[]>
  >;
}

/** Reads what n8n keeps of an execution, also while it waits. */
export async function outcomeOf({ n8n }: Pick<N8nWorld, "n8n">, id: string): Promise<Outcome> {
  const kept = await n8n.get<Execution & { readonly data: string }>(`/executions/${id}`);
  const { resultData } = unflatted(kept.data) as { readonly resultData: ResultData };
  return {
    status: kept.status,
    error: resultData.error ?? null,
    lastNode: resultData.lastNodeExecuted ?? null,
    rounds: (node) => (resultData.runData[node] ?? []).map(({ data }) => data?.main[0] ?? []),
  };
}

/** n8n's answer is JSON of a list: objects and texts refer to others by their place in it. https://github.com/WebReflection/flatted */
function unflatted(text: string): unknown {
  const cells = JSON.parse(text) as readonly unknown[];
  const read = new Map<number, unknown>();
  const valueOf = (value: unknown): unknown => (typeof value === "string" ? at(Number(value)) : value);
  const at = (place: number): unknown => {
    const cell = cells[place];
    if (typeof cell !== "object" || cell === null) return cell;
    if (!read.has(place)) {
      const copy: Record<string, unknown> | unknown[] = Array.isArray(cell) ? [] : {};
      read.set(place, copy);
      Object.assign(
        copy,
        Object.fromEntries(Object.entries(cell).map(([key, value]) => [key, valueOf(value)])),
      );
    }
    return read.get(place);
  };
  return at(0);
}
