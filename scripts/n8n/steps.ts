import { randomUUID } from "node:crypto";
import type { Canvas, CanvasNode, Connections } from "./canvases.ts";

/** A node of a canvas that a program draws. */
export type Step = Omit<CanvasNode, "id" | "position"> & {
  /** Part of the address of a node that is called. */
  readonly webhookId?: string;
  /** The execution goes on with an item that holds the error. It stops there if left out. */
  readonly onError?: "continueRegularOutput";
};

export const catalystCredential = { catalystApi: { id: null, name: "Catalyst" } };
export const databaseCredential = { postgres: { id: null, name: "Catalyst workflows' database" } };

/** A canvas with its steps in a row, left to right. `more` replaces what goes out of a step. */
export function rowOfSteps(id: string, steps: readonly Step[], more: Connections = {}): Canvas {
  const names = steps.map(({ name }) => name);
  const inOrder = names.slice(0, -1).map((name, index) => [name, connectedTo(names[index + 1] ?? "")]);
  return {
    id,
    name: id,
    nodes: steps.map((step, index) => ({ ...step, id: randomUUID(), position: [index * 220, 0] })),
    connections: { ...Object.fromEntries(inOrder), ...more },
    settings: { executionOrder: "v1" },
  };
}

/** What goes out of a step: one node for each of its outputs. */
export function connectedTo(...outputs: readonly string[]): Connections[string] {
  return { main: outputs.map((node) => [{ node, type: "main", index: 0 }]) };
}

/** POST /webhook/PATH starts the canvas, and is answered at once or when the last step is done. */
export function webhookStep(path: string, answered: "onReceived" | "lastNode"): Step {
  return {
    name: "Called",
    type: "n8n-nodes-base.webhook",
    typeVersion: 2,
    parameters: { httpMethod: "POST", path, responseMode: answered, options: {} },
    webhookId: randomUUID(),
  };
}

/** n8n's own HTTP Request, with Catalyst's credential. */
export function requestStep(name: string, parameters: Readonly<Record<string, unknown>>): Step {
  return {
    name,
    type: "n8n-nodes-base.httpRequest",
    typeVersion: 4.2,
    parameters: {
      ...parameters,
      authentication: "predefinedCredentialType",
      nodeCredentialType: "catalystApi",
      options: {},
    },
    credentials: catalystCredential,
  };
}

/** Starts a flow by our node. */
export function startStep(
  name: string,
  operation: "start" | "startAndWait",
  flow: string,
  input: Readonly<Record<string, unknown>>,
): Step {
  return {
    name,
    type: "n8n-nodes-catalyst.catalyst",
    typeVersion: 1,
    parameters: {
      resource: "workflow",
      operation,
      workflow: { __rl: true, mode: "id", value: flow },
      input: { mappingMode: "defineBelow", value: input },
      options: {},
    },
    credentials: catalystCredential,
  };
}
