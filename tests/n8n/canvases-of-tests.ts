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
