import type { IBinaryData, IDataObject, IExecuteFunctions, INodeProperties } from "n8n-workflow";

/** What one input item becomes. */
export interface Row {
  readonly json: IDataObject;
  readonly binary?: Readonly<Record<string, IBinaryData>>;
}

/** One operation of a resource; each has a file of its own. */
export interface Operation {
  readonly name: string;
  readonly value: string;
  /** In the list of actions: "Start a workflow". */
  readonly action: string;
  readonly description: string;
  readonly fields: readonly INodeProperties[];
  /** Carries it out for one input item. Throws NodeApiError with field and remedy. */
  readonly run: (context: IExecuteFunctions, item: number) => Promise<Row[]>;
}

export interface Resource {
  readonly name: string;
  readonly value: string;
  /** The first is the one that a new node has. */
  readonly operations: readonly [Operation, ...Operation[]];
}

/** An item with its link into Temporal's Web UI; null where there is no run. */
export function linked(json: IDataObject, link: unknown): Row {
  return { json: { ...json, link: typeof link === "string" ? link : null } };
}
