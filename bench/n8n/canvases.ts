import type { Canvas } from "../../scripts/n8n/canvases.ts";
import { requestStep, rowOfSteps, startStep, webhookStep } from "../../scripts/n8n/steps.ts";

/** What one call starts: a run of its own, because it names a wallet of its own. Nobody works for its queue, so none of them goes on. */
const FLOW = "invoicing";
const [tenantId, walletId] = ["$json.body.tenant_id", "$json.body.wallet_id"];
const INPUT = { tenantId: `={{ ${tenantId} }}`, walletId: `={{ ${walletId} }}`, through: "2026-01-31" };

/** One start by our node, answered with the run. */
export function startCanvas(id: string): Canvas {
  return rowOfSteps(id, [webhookStep(id, "lastNode"), startStep("Start", "start", FLOW, INPUT)]);
}

/** The same start by n8n's own HTTP Request. */
export function requestCanvas(id: string, gateway: string): Canvas {
  const request = requestStep("Start", {
    method: "POST",
    url: `${gateway}/api/v2/workflows/${FLOW}`,
    sendBody: true,
    specifyBody: "json",
    jsonBody: `={{ { input: { tenantId: ${tenantId}, walletId: ${walletId}, through: "${INPUT.through}" } } }}`,
  });
  return rowOfSteps(id, [webhookStep(id, "lastNode"), request]);
}

/** Starts, and waits for what never comes. */
export function waitingCanvas(id: string): Canvas {
  return rowOfSteps(id, [webhookStep(id, "onReceived"), startStep("Wait", "startAndWait", FLOW, INPUT)]);
}
