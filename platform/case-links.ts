import { CASE_LEVELS, type CaseLevel, type CaseLinks } from "#domain/fraud/ports.ts";
import { createSignedTokens } from "./signed-tokens.ts";

const CASE_ID = /^FC-\d{4}-\d{6,}$/;

/** @param baseUrl of the gateway as people reach it. */
export function createCaseLinks(secretKey: string, baseUrl: string): CaseLinks {
  const tokens = createSignedTokens(secretKey, "fraud-case");
  return {
    urlOf: ({ caseId, workflowId, level }, expiresAt) =>
      `${baseUrl}/cases/${tokens.seal([caseId, workflowId, level], expiresAt)}`,
    read(token, now) {
      const [caseId = "", workflowId = "", level = ""] = tokens.open(token, now) ?? [];
      return CASE_ID.test(caseId) && isLevel(level) ? { caseId, workflowId, level } : null;
    },
  };
}

function isLevel(level: string): level is CaseLevel {
  return (CASE_LEVELS as readonly string[]).includes(level);
}
