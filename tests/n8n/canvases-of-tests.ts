import { randomUUID } from "node:crypto";
import type { Canvas } from "../../scripts/n8n/canvases.ts";
import {
  catalystCredential,
  connectedTo,
  databaseCredential,
  requestStep,
  rowOfSteps,
  startStep,
  webhookStep,
  type Step,
} from "../../scripts/n8n/steps.ts";

/** The trigger of canvases that a person starts. */
export const pressed = "Press execute";

const tenantId = "$('Called').item.json.body.tenant_id";

/** A row of `outcomes` each time that an execution comes to its end: the table counts. */
const writeOutcome: Step = {
  name: "Write the outcome",
  type: "n8n-nodes-base.postgres",
  typeVersion: 2.6,
  parameters: {
    operation: "executeQuery",
    query:
      "CREATE TABLE IF NOT EXISTS outcomes (tenant_id text, detail text); INSERT INTO outcomes VALUES ($1, $2);",
    options: { queryReplacement: `={{ [${tenantId}, $json.result.result] }}` },
  },
  credentials: databaseCredential,
};

/** Suspends the tenant that it is called with, waits until the suspension has ended, and writes its result down. */
export function waitingCanvas(id: string): Canvas {
  const suspend = startStep("Suspend and wait", "startAndWait", "suspension", {
    tenantId: `={{ ${tenantId} }}`,
    cause: "person",
    graceSeconds: 0,
    reason: "a test",
  });
  return rowOfSteps(id, [webhookStep(id, "onReceived"), suspend, writeOutcome]);
}

/** The same steps by n8n's own nodes: start by HTTP, then ask every five seconds how it stands. */
export function plainCanvas(id: string, gateway: string): Canvas {
  const input = `{ tenantId: ${tenantId}, cause: "person", walletId: null, graceSeconds: 0, reason: "a test" }`;
  const start = requestStep("Start", {
    method: "POST",
    url: `${gateway}/api/v2/workflows/suspension`,
    sendBody: true,
    specifyBody: "json",
    jsonBody: `={{ { input: ${input} } }}`,
  });
  const pause: Step = {
    name: "Five seconds",
    type: "n8n-nodes-base.wait",
    typeVersion: 1.1,
    parameters: { amount: 5, unit: "seconds" },
    webhookId: randomUUID(),
  };
  const look = requestStep("Look", {
    url: `=${gateway}/api/v2/workflows/runs/suspension-{{ ${tenantId} }}/result`,
  });
  const condition = {
    id: randomUUID(),
    leftValue: "={{ $json.status }}",
    rightValue: "completed",
    operator: { type: "string", operation: "equals" },
  };
  const options = { caseSensitive: true, leftValue: "", typeValidation: "loose", version: 2 };
  const ended: Step = {
    name: "Ended?",
    type: "n8n-nodes-base.if",
    typeVersion: 2.2,
    parameters: { conditions: { options, conditions: [condition], combinator: "and" }, options: {} },
  };
  const steps = [webhookStep(id, "onReceived"), start, pause, look, ended, writeOutcome];
  return rowOfSteps(id, steps, { "Ended?": connectedTo(writeOutcome.name, pause.name) });
}

/** Starts on these events of one tenant. */
export function triggerCanvas(id: string, events: readonly string[], tenantId: string): Canvas {
  const trigger: Step = {
    name: "Something happened",
    type: "n8n-nodes-catalyst.catalystTrigger",
    typeVersion: 1,
    parameters: { events, tenantId: { __rl: true, mode: "id", value: tenantId } },
    credentials: catalystCredential,
    webhookId: randomUUID(),
  };
  const nothing: Step = { name: "Done", type: "n8n-nodes-base.noOp", typeVersion: 1, parameters: {} };
  return rowOfSteps(id, [trigger, nothing]);
}

/** With a node of no package, and one of which a parameter is missing. */
export function faultyCanvas(id: string): Canvas {
  const unknown: Step = {
    name: "Nobody's",
    type: "n8n-nodes-nobody.nothing",
    typeVersion: 1,
    parameters: {},
  };
  const incomplete = startStep("Nothing chosen", "start", "", {});
  return rowOfSteps(id, [webhookStep(id, "onReceived"), unknown, incomplete]);
}

/** A canvas whose trigger hands on items of its own. */
export interface PinnedCanvas extends Canvas {
  readonly pinData: Readonly<Record<string, readonly { readonly json: object }[]>>;
}

const pressStep: Step = {
  name: pressed,
  type: "n8n-nodes-base.manualTrigger",
  typeVersion: 1,
  parameters: {},
};

const pinned = (canvas: Canvas, items: readonly object[]): PinnedCanvas => ({
  ...canvas,
  pinData: { [pressed]: items.map((json) => ({ json })) },
});

/** Steps that run one after the other, from top to bottom, each with the same items. */
export function fanCanvas(id: string, items: readonly object[], steps: readonly Step[]): PinnedCanvas {
  const targets = steps.map(({ name: node }) => ({ node, type: "main", index: 0 }));
  const nodes = [pressStep, ...steps].map((step, index) => ({
    ...step,
    id: randomUUID(),
    position: [index === 0 ? 0 : 400, index * 160] as const,
  }));
  const settings = { executionOrder: "v1" };
  return pinned({ id, name: id, nodes, connections: { [pressed]: { main: [targets] } }, settings }, items);
}

/** A step that begins with each of the items in turn. */
export function loopCanvas(id: string, items: readonly object[], step: Step): PinnedCanvas {
  const loop: Step = {
    name: "One at a time",
    type: "n8n-nodes-base.splitInBatches",
    typeVersion: 3,
    parameters: { batchSize: 1, options: {} },
  };
  const end: Step = { name: "All of them", type: "n8n-nodes-base.noOp", typeVersion: 1, parameters: {} };
  const row = rowOfSteps(id, [pressStep, loop, step, end], {
    [loop.name]: connectedTo(end.name, step.name),
    [step.name]: connectedTo(loop.name),
  });
  return pinned(row, items);
}

/** Steps in a row, of which the last one does nothing. */
export function rowCanvas(id: string, steps: readonly Step[]): PinnedCanvas {
  const end: Step = { name: "The end", type: "n8n-nodes-base.noOp", typeVersion: 1, parameters: {} };
  return pinned(rowOfSteps(id, [pressStep, ...steps, end]), [{}]);
}

/** Gives a suspension's end to a person, after a step that knows where that person answers. */
export function approvalCanvas(id: string, first: string, second: string): PinnedCanvas {
  const asked = [askStep("First", first), askStep("Second", second), askStep("Third", second)];
  return rowCanvas(id, [answerLink, ...asked]);
}

/** Asks a person for some eleven seconds, and then goes on. */
export function shortApprovalCanvas(id: string, suspended: string): PinnedCanvas {
  return rowCanvas(id, [answerLink, askStep("In vain", suspended, { waitHours: 0.003 })]);
}

const answerLink: Step = {
  name: "Where it is answered",
  type: "n8n-nodes-base.set",
  typeVersion: 3.4,
  parameters: {
    assignments: {
      assignments: [{ id: "link", name: "link", value: "={{ $execution.resumeUrl }}", type: "string" }],
    },
    options: {},
  },
};

function askStep(name: string, suspended: string, options: object = {}): Step {
  return {
    name,
    type: "n8n-nodes-catalyst.catalystApproval",
    typeVersion: 1,
    parameters: {
      workflow: { __rl: true, mode: "id", value: "suspension" },
      workflowId: { __rl: true, mode: "id", value: `suspension-${suspended}` },
      updateName: "reinstate",
      title: `${name}?`,
      message: "",
      input: { mappingMode: "defineBelow", value: { actor: "Kim" } },
      options,
    },
    credentials: catalystCredential,
    webhookId: randomUUID(),
    onError: "continueRegularOutput",
  };
}
