import { z } from "zod";
import { FRAUD_PATTERNS } from "#domain/events/fraud-alert.ts";
import { SEVERITIES } from "#domain/fraud/severity.ts";
import type { FrozenDestination } from "#domain/fraud/destinations.ts";
import { DECISIONS, type FraudCase } from "#domain/fraud/ports.ts";
import { isoTime, TENANT_EXAMPLE, TIME_EXAMPLE } from "./schemas.ts";

/** Address of one case. */
export const caseParams = z.object({
  id: z
    .string()
    .regex(/^FC-\d{4}-\d{6,12}$/, "must be a case's id such as FC-2026-000017")
    .describe("The case's id"),
});

/** A range as the API names it. */
export const destinationBody = z.object({
  country: z.string().nullable().describe("ISO 3166-1; null where unknown"),
  prefix: z.string().nullable().describe("Leading digits in E.164 without +; null: the whole country"),
});

const DESTINATION_EXAMPLE = { country: "LV", prefix: "3712000" };
const ALERT_ID_EXAMPLE = `fraud:${TENANT_EXAMPLE}:traffic_pumping:1795478400000`;

export const FRAUD_CASE_EXAMPLE = {
  case_id: "FC-2026-000017",
  tenant_id: TENANT_EXAMPLE,
  pattern: "traffic_pumping" as const,
  severity: "high" as const,
  status: "open" as const,
  destinations: [DESTINATION_EXAMPLE],
  decision: null,
  workflow_id: `fraud-${TENANT_EXAMPLE}-traffic_pumping`,
  opened_at: TIME_EXAMPLE,
  closed_at: null,
};

export const FRAUD_CASE_DETAIL_EXAMPLE = {
  ...FRAUD_CASE_EXAMPLE,
  alerts: [
    {
      alert_id: ALERT_ID_EXAMPLE,
      severity: "high" as const,
      window: { from: TIME_EXAMPLE, to: TIME_EXAMPLE },
      destinations: [DESTINATION_EXAMPLE],
      evidence: { messages: 4200, expected: 12, delivered: 300, undelivered: 2900 },
      samples: ["q1VZ0nC3bW2d8rT5yU7iOA"],
      source: "detector" as const,
      reporter: "detector",
      note: null,
      at: TIME_EXAMPLE,
    },
  ],
  evidence: {
    from: TIME_EXAMPLE,
    to: TIME_EXAMPLE,
    messages: [{ country: "LV", state: "failed", messages: 2900 }],
    prefixes: [{ prefix: "3712000", messages: 4200 }],
    conversations: 4100,
    spend: [{ currency: "USD", amount: "64.638", charges: 4200 }],
    samples: ["q1VZ0nC3bW2d8rT5yU7iOA"],
    gathered_at: TIME_EXAMPLE,
  },
  timeline: [{ at: TIME_EXAMPLE, text: "frozen: LV +3712000" }],
  workflow_url: null,
};

const severity = z.enum(SEVERITIES);

export const decisionBody = z.object({
  decision: z.enum(DECISIONS),
  decided_by: z.string(),
  reason: z.string(),
  note: z.string().nullable(),
  decided_at: z.string(),
});

export const fraudCaseBody = z
  .object({
    case_id: z.string(),
    tenant_id: z.string(),
    pattern: z.enum(FRAUD_PATTERNS),
    severity,
    status: z.enum(["open", "decided", "closed"]).describe("decided: what was decided is being done"),
    destinations: z.array(destinationBody).describe("Closed to the tenant for this case"),
    decision: decisionBody.nullable(),
    workflow_id: z.string(),
    opened_at: z.string(),
    closed_at: z.string().nullable(),
  })
  .meta({ id: "FraudCase", examples: [FRAUD_CASE_EXAMPLE] });

export const fraudCaseDetailBody = fraudCaseBody
  .extend({
    alerts: z.array(
      z.object({
        alert_id: z.string(),
        severity,
        window: z.object({ from: z.string(), to: z.string() }),
        destinations: z.array(destinationBody),
        evidence: z.record(z.string(), z.number()).describe("Counts of the window"),
        samples: z.array(z.string()).describe("Pseudonyms of conversations"),
        source: z.enum(["detector", "report"]),
        reporter: z.string(),
        note: z.string().nullable(),
        at: z.string(),
      }),
    ),
    evidence: z
      .object({
        from: z.string(),
        to: z.string(),
        messages: z.array(
          z.object({ country: z.string().nullable(), state: z.string(), messages: z.number() }),
        ),
        prefixes: z.array(z.object({ prefix: z.string(), messages: z.number() })),
        conversations: z.number(),
        spend: z
          .array(z.object({ currency: z.string(), amount: z.string(), charges: z.number() }))
          .describe("What the ledger charged for them"),
        samples: z.array(z.string()),
        gathered_at: z.string(),
      })
      .nullable(),
    timeline: z.array(z.object({ at: z.string(), text: z.string() })),
    workflow_url: z.string().nullable().describe("Of its flow in Temporal's Web UI"),
  })
  .meta({ id: "FraudCaseDetail", examples: [FRAUD_CASE_DETAIL_EXAMPLE] });

export function toFraudCaseBody(one: FraudCase): z.infer<typeof fraudCaseBody> {
  const { decision } = one;
  return {
    case_id: one.caseId,
    tenant_id: one.tenantId,
    pattern: one.pattern,
    severity: one.severity,
    status: one.status,
    destinations: [...one.destinations],
    decision:
      decision === null
        ? null
        : {
            decision: decision.decision,
            decided_by: decision.actor,
            reason: decision.reason,
            note: decision.note,
            decided_at: isoTime(decision.at),
          },
    workflow_id: one.workflowId,
    opened_at: isoTime(one.openedAt),
    closed_at: one.closedAt === null ? null : isoTime(one.closedAt),
  };
}

export function toFraudCaseDetailBody(
  one: FraudCase,
  workflowUrl: string | null,
): z.infer<typeof fraudCaseDetailBody> {
  const { evidence } = one;
  return {
    ...toFraudCaseBody(one),
    alerts: one.alerts.map((alert) => ({
      alert_id: alert.id,
      severity: alert.severity,
      window: { from: isoTime(alert.window.from), to: isoTime(alert.window.to) },
      destinations: alert.destinations,
      evidence: alert.evidence,
      samples: alert.samples,
      source: alert.source,
      reporter: alert.reporter,
      note: alert.note,
      at: isoTime(alert.at),
    })),
    evidence:
      evidence === null
        ? null
        : {
            from: isoTime(evidence.from),
            to: isoTime(evidence.to),
            messages: [...evidence.messages],
            prefixes: [...evidence.prefixes],
            conversations: evidence.conversations,
            spend: [...evidence.spend],
            samples: [...evidence.samples],
            gathered_at: isoTime(evidence.gatheredAt),
          },
    timeline: one.timeline.map(({ at, text }) => ({ at: isoTime(at), text })),
    workflow_url: workflowUrl,
  };
}

const FROZEN_EXAMPLE = {
  ...DESTINATION_EXAMPLE,
  case_id: "FC-2026-000017",
  since: TIME_EXAMPLE,
  permanent: false,
};

export const frozenBody = z
  .object({
    data: z.array(
      destinationBody.extend({
        case_id: z.string(),
        since: z.string(),
        permanent: z.boolean().describe("Blocked by a person's decision: it outlives its case"),
      }),
    ),
  })
  .meta({ id: "FrozenDestinations", examples: [{ data: [FROZEN_EXAMPLE] }] });

export function toFrozenBody(frozen: readonly FrozenDestination[]): z.infer<typeof frozenBody> {
  return {
    data: frozen.map(({ country, prefix, caseId, since, permanent }) => ({
      country,
      prefix,
      case_id: caseId,
      since: isoTime(since),
      permanent,
    })),
  };
}
