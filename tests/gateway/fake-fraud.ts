import type { FraudCase } from "#domain/fraud/ports.ts";
import type { GatewayDependencies } from "#gateway/rest/dependencies.ts";
import { createCaseLinks } from "#platform/case-links.ts";

export const CASE_LINKS = createCaseLinks("k".repeat(32), "http://gateway.test");

export const FRAUD_CASE: FraudCase = {
  caseId: "FC-2026-000001",
  tenantId: "TENANT-001",
  pattern: "velocity",
  severity: "high",
  status: "open",
  destinations: [{ country: "LV", prefix: "3712000" }],
  alerts: [],
  evidence: null,
  timeline: [{ at: 1_795_000_000_000, text: "frozen: LV +3712000 <b>" }],
  decision: null,
  workflowId: "fraud-TENANT-001-velocity",
  openedAt: 1_795_000_000_000,
  closedAt: null,
};

/** One case, open until something decides it. */
export function fakeFraud(cases: Map<string, FraudCase>): GatewayDependencies["fraud"] {
  return {
    cases: {
      find: async (caseId) => cases.get(caseId) ?? null,
      list: async ({ tenantId }) => ({
        rows: [...cases.values()].filter((one) => tenantId === null || one.tenantId === tenantId),
        next: null,
      }),
    },
    links: CASE_LINKS,
  };
}
