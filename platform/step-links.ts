import type { StepLinks } from "#domain/flows/step-links.ts";
import { createSignedTokens } from "./signed-tokens.ts";

/** @param baseUrl of the gateway as n8n reaches it. */
export function createStepLinks(secretKey: string, baseUrl: string): StepLinks {
  const tokens = createSignedTokens(secretKey, "n8n-step");
  return {
    urlOf: ({ workflowId, runId }, expiresAt) =>
      `${baseUrl}/api/v2/n8n-steps/${tokens.seal([workflowId, runId], expiresAt)}`,
    read(token, now) {
      const [workflowId, runId] = tokens.open(token, now) ?? [];
      return workflowId === undefined || runId === undefined ? null : { workflowId, runId };
    },
  };
}
