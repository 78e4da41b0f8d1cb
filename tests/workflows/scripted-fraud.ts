import { randomUUID } from "node:crypto";
import { type FraudAlert, fraudAlertId } from "#domain/events/fraud-alert.ts";
import type { FraudCaseActivities } from "#workflows/fraud-case/api.ts";

export const SLA_MINUTES = { low: 1440, medium: 480, high: 60, critical: 15 } as const;

/** Answers what a test has prepared, and keeps what was called, in its order. */
export function scriptedFraud(script: Partial<FraudCaseActivities> = {}): {
  readonly activities: FraudCaseActivities;
  readonly calls: string[];
} {
  const calls: string[] = [];
  let cases = 0;
  const happy: FraudCaseActivities = {
    openCase: async () => {
      cases += 1;
      const caseId = `FC-2026-${String(cases).padStart(6, "0")}`;
      return { kind: "open", caseId, slaMinutes: SLA_MINUTES };
    },
    extendCase: async () => {},
    freezeDestinations: async () => {},
    releaseDestinations: async () => {},
    blockDestinations: async () => {},
    gatherEvidence: async () => ({ summary: "60 messages of 60 conversations" }),
    mailCase: async () => ({ kind: "accepted" }),
    callOperator: async () => ({ kind: "none" }),
    recordDecision: async () => {},
    awaitSuspension: async () => ({ suspended: true }),
    refundTraffic: async () => ({ summary: "60 charges refunded: 0.9 USD" }),
    closeCase: async () => {},
    mailReport: async () => ({ kind: "accepted" }),
  };
  const told: Partial<{ [Name in keyof FraudCaseActivities]: (step: never) => string }> = {
    freezeDestinations: ({ destinations }: { destinations: { prefix: string | null }[] }) =>
      `freeze ${destinations.map(({ prefix }) => prefix).join(",")}`,
    mailCase: ({ kind, level }: { kind: string; level: string }) => `${kind} ${level}`,
    extendCase: ({ severity }: { severity: string }) => `extend ${severity}`,
    recordDecision: ({ decision }: { decision: { decision: string; actor: string } }) =>
      `decided ${decision.decision} by ${decision.actor}`,
  };
  const steps = Object.entries({ ...happy, ...script }).map(([name, run]) => {
    const recorded = (step: never): Promise<unknown> => {
      if (name !== "callOperator") calls.push(told[name as keyof FraudCaseActivities]?.(step) ?? name);
      return (run as (step: never) => Promise<unknown>)(step);
    };
    return [name, recorded] as const;
  });
  return { activities: Object.fromEntries(steps) as unknown as FraudCaseActivities, calls };
}

export function alertOf(given: Partial<FraudAlert> = {}): FraudAlert {
  const tenantId = given.tenantId ?? `T-${randomUUID()}`;
  const pattern = given.pattern ?? "velocity";
  const from = given.window?.from ?? 1_780_000_200_000;
  return {
    v: 1,
    type: "fraud.alert",
    id: fraudAlertId(tenantId, pattern, from),
    tenantId,
    pattern,
    severity: "high",
    window: { from, to: from + 600_000 },
    destinations: [{ country: "LV", prefix: "3712000" }],
    evidence: { messages: 600, velocity_blocked: 500 },
    samples: ["q1VZ0nC3bW2d8rT5yU7iOA"],
    source: "detector",
    reporter: "detector",
    note: null,
    at: from,
    ...given,
  };
}
