import { z } from "zod";
import { FRAUD_PATTERNS, fraudAlert, note, type FraudAlert } from "#domain/events/fraud-alert.ts";
import { SEVERITIES } from "#domain/fraud/severity.ts";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { Destination } from "#domain/fraud/destinations.ts";
import {
  CASE_LEVELS,
  DECISIONS,
  type CaseDecision,
  type CaseLevel,
  type OpenedCase,
} from "#domain/fraud/ports.ts";
import type { SlaMinutes } from "#domain/fraud/open-case.ts";
import type { MailOutcome } from "#domain/mail/ports.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import {
  FRAUD_CASE,
  fraudCaseWorkflowId,
  ALERTED,
  DECIDE,
  FRAUD_CASE_STATE,
  type CASE_MESSAGES,
} from "./names.ts";

export * from "./names.ts";

export const fraudCaseInput = z.object({
  tenantId: z.string().min(1).max(64),
  pattern: z.enum(FRAUD_PATTERNS),
});

export type FraudCaseInput = z.infer<typeof fraudCaseInput>;

export const decideInput = z.object({
  /** The flow's id serves one case after the other: a late link must not decide the next one. */
  caseId: z.string().regex(/^FC-\d{4}-\d{6,}$/, "must be a case's id such as FC-2026-000017"),
  decision: z.enum(DECISIONS),
  actor: z.string().trim().min(1, "is needed: who decides").max(200),
  reason: note.min(1, "is needed: why"),
  note: note.nullable().default(null),
});

export type DecideInput = z.input<typeof decideInput>;

const decisionState = z.object({
  decision: z.enum(DECISIONS),
  actor: z.string(),
  reason: z.string(),
  note: z.string().nullable(),
  /** Epoch ms. */
  at: z.number().int(),
});

export const fraudCaseState = z.object({
  status: z.enum(["opening", "asking", "undecided", "applying", "closed", "known"]),
  /** Null until it is open. */
  caseId: z.string().nullable(),
  severity: z.enum(SEVERITIES).nullable(),
  /** Who has been asked last. */
  level: z.enum(CASE_LEVELS).nullable(),
  /** Epoch ms at which the next one is asked; null where nobody is left to ask. */
  dueAt: z.number().nullable(),
  decision: decisionState.nullable(),
});

export type FraudCaseState = z.infer<typeof fraudCaseState>;

export const fraudCaseOutput = z.object({
  /** `known`: its alerts belong to a case that is closed. */
  result: z.enum(["closed", "known"]),
  caseId: z.string().nullable(),
  decision: decisionState.nullable(),
});

export type FraudCaseOutput = z.infer<typeof fraudCaseOutput>;

interface CaseStep {
  readonly caseId: string;
  readonly tenantId: string;
  /** Counts the flow's steps: with the case it names the effect, so that a repetition is told from another one. */
  readonly step: number;
}

export type CaseMessage = (typeof CASE_MESSAGES)[number];

/** Every activity may run several times for one effect. */
export interface FraudCaseActivities {
  openCase(step: {
    readonly tenantId: string;
    readonly pattern: FraudCaseInput["pattern"];
    readonly workflowId: string;
    readonly alerts: readonly FraudAlert[];
  }): Promise<OpenedCase & { readonly slaMinutes: SlaMinutes }>;
  /** Adds alerts to an open case. */
  extendCase(
    step: CaseStep & {
      readonly alerts: readonly FraudAlert[];
      readonly severity: FraudAlert["severity"];
      readonly destinations: readonly Destination[];
    },
  ): Promise<void>;
  /** Closes the destinations to the tenant; returns once every process can know of it. */
  freezeDestinations(step: CaseStep & { readonly destinations: readonly Destination[] }): Promise<void>;
  /** Opens what the case has frozen, but for what is blocked for good. */
  releaseDestinations(step: CaseStep): Promise<void>;
  /** Blocks what the case has frozen for good. */
  blockDestinations(step: CaseStep): Promise<void>;
  /** From messages and the ledger; in words. */
  gatherEvidence(
    step: CaseStep & {
      readonly destinations: readonly Destination[];
      /** Epoch ms, [from, to). */
      readonly from: number;
      readonly to: number;
      readonly samples: readonly string[];
    },
  ): Promise<{ readonly summary: string }>;
  mailCase(
    step: CaseStep & { readonly kind: CaseMessage; readonly level: CaseLevel; readonly dueAt: number | null },
  ): Promise<MailOutcome>;
  /** `none`: the operator has no webhook. */
  callOperator(
    step: CaseStep & {
      readonly kind: CaseMessage | "decided";
      readonly level: CaseLevel;
      readonly dueAt: number | null;
    },
  ): Promise<{ readonly kind: "accepted" | "none" } | { readonly kind: "refused"; readonly reason: string }>;
  recordDecision(step: CaseStep & { readonly decision: CaseDecision }): Promise<void>;
  /** Waits until the tenant's service is off; false where it is not after ten minutes. */
  awaitSuspension(step: CaseStep): Promise<{ readonly suspended: boolean }>;
  /** Refunds what the ledger charged for the affected traffic, each charge once. */
  refundTraffic(
    step: CaseStep & {
      readonly destinations: readonly Destination[];
      readonly from: number;
      readonly to: number;
      readonly actor: string;
      readonly reason: string;
    },
  ): Promise<{ readonly summary: string }>;
  closeCase(step: CaseStep & { readonly text: string }): Promise<void>;
  mailReport(step: CaseStep): Promise<MailOutcome>;
}

export const fraudCaseFlow: FlowDefinition = {
  name: FRAUD_CASE,
  title: "Fraud case",
  description:
    "Freezes the destinations of a suspected fraud, gathers evidence, asks a person level by level, and does what that person decides.",
  taskQueue: TASK_QUEUES.cases,
  input: fraudCaseInput,
  output: fraudCaseOutput,
  startedBy: "an alert on fraud.alerts (POST /api/v2/fraud-alerts)",
  starters: [],
  identify: (input: FraudCaseInput) => ({
    workflowId: fraudCaseWorkflowId(input),
    tenantId: input.tenantId,
  }),
  // Alerts come by their topic, which remembers them.
  signals: {
    [ALERTED]: {
      description: "A suspicion of this tenant and pattern",
      input: fraudAlert,
      output: null,
      parties: [],
    },
  },
  updates: {
    // Who may decide what stands at POST /api/v2/fraud-cases/:id/decision; here only who may decide everything.
    [DECIDE]: {
      description: "A person decides: release, block, suspend or refund",
      input: decideInput,
      output: fraudCaseState,
      parties: ["owner"],
    },
  },
  queries: {
    [FRAUD_CASE_STATE]: {
      description: "How far it is",
      input: null,
      output: fraudCaseState,
      parties: ["owner", "finance", "support", "read-only"],
    },
  },
};
