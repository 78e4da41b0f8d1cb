import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readJson } from "../json-file.ts";
import { rootDirectory } from "../paths.ts";

const directory = join(rootDirectory, "n8n-bridge", "workflows");

/** A workflow as n8n's editor exports it. */
export interface Canvas {
  readonly id: string;
  readonly name: string;
  readonly nodes: readonly CanvasNode[];
  readonly connections: Connections;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface CanvasNode {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly typeVersion: number;
  /** Of the upper left corner, in pixels. */
  readonly position: readonly [number, number];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly credentials?: Readonly<Record<string, { readonly id: string | null; readonly name: string }>>;
}

/** By the name of the node that they begin at; one list for each of its outputs. */
export type Connections = Readonly<
  Record<
    string,
    {
      readonly main: readonly (readonly {
        readonly node: string;
        readonly type: string;
        readonly index: number;
      }[])[];
    }
  >
>;

/** The canvases that come with the package, a file each. */
export function readCanvases(): readonly Canvas[] {
  const files = readdirSync(directory).filter((name) => name.endsWith(".json"));
  return files.sort().map((name) => readJson(join(directory, name)) as Canvas);
}

/** The text of n8n-workflows.json. */
export function combinedWorkflows(): string {
  return `${JSON.stringify(readCanvases(), null, 2)}\n`;
}
