import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import {
  FRAUD_PATTERNS,
  type FraudAlert,
  fraudAlert,
  fraudAlertId,
  note,
} from "#domain/events/fraud-alert.ts";
import { SEVERITIES } from "#domain/fraud/severity.ts";
import { destination } from "#domain/fraud/destination-schema.ts";
import { DESTINATIONS_MAX } from "#domain/fraud/destinations.ts";
import { WINDOW_MS, windowOf } from "#domain/fraud/detection.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { fieldProblem, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, TENANT_EXAMPLE, tenantId, time } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";

/** Older traffic is no suspicion any more, and its charges are closed. */
const WINDOW_AGE_MS_MAX = 31 * 86_400_000;

const request = z
  .strictObject({
    tenant_id: tenantId,
    pattern: z.enum(FRAUD_PATTERNS).default("reported"),
    severity: z.enum(SEVERITIES),
    destinations: z
      .array(destination)
      .max(DESTINATIONS_MAX)
      .default([])
      .describe("Frozen at once, until a person has decided"),
    window: z
      .strictObject({ from: time, to: time })
      .optional()
      .describe("By default the ten minutes that run"),
    evidence: fraudAlert.shape.evidence.default({}).describe("Counts by name"),
    samples: fraudAlert.shape.samples.default([]).describe("Pseudonyms of conversations"),
    note: note.nullable().default(null).describe("In words; no phone number"),
  })
  .meta({
    examples: [
      {
        tenant_id: TENANT_EXAMPLE,
        pattern: "traffic_pumping",
        severity: "high",
        destinations: [{ country: "LV", prefix: "3712000" }],
        evidence: { messages: 4200, delivered: 300 },
        note: "no verification code of this range was ever entered",
      },
    ],
  });

const answer = z.object({ alert_id: z.string(), workflow_id: z.string() }).meta({
  examples: [
    {
      alert_id: `fraud:${TENANT_EXAMPLE}:traffic_pumping:1795478400000`,
      workflow_id: `fraud-${TENANT_EXAMPLE}-traffic_pumping`,
    },
  ],
});

/** POST /api/v2/fraud-alerts: an external detector's or a person's suspicion. */
export const createFraudAlert: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/fraud-alerts",
    config: { operation: "fraud_alerts.create" },
    schema: {
      operationId: "createFraudAlert",
      summary: "Report a suspected fraud",
      description:
        "Opens a case, or adds to the open one of the same tenant and pattern. A repetition for the same window is the same alert.",
      tags: ["fraud"],
      security: ADMINISTRATION_KEY,
      body: request,
      response: { 202: answer, ...problemResponses(400, 404, 413, 415) },
    },
    handler: async (httpRequest, reply) => {
      const { body } = httpRequest;
      const now = dependencies.clock.now();
      await visibleTenant(httpRequest, dependencies, body.tenant_id);
      const window = windowGiven(body.window, now);
      const alert: FraudAlert = {
        v: 1,
        type: "fraud.alert",
        id: fraudAlertId(body.tenant_id, body.pattern, window.from),
        tenantId: body.tenant_id,
        pattern: body.pattern,
        severity: body.severity,
        window,
        destinations: body.destinations,
        evidence: body.evidence,
        samples: body.samples,
        source: "report",
        reporter: actorName(actorOf(httpRequest)),
        note: body.note,
        at: now,
      };
      await dependencies.publisher.publish([
        { topic: "fraud.alerts", key: alert.tenantId, value: JSON.stringify(alert) },
      ]);
      return reply
        .code(202)
        .send({ alert_id: alert.id, workflow_id: `fraud-${alert.tenantId}-${alert.pattern}` });
    },
  });
};

function windowGiven(
  given: { readonly from: string; readonly to: string } | undefined,
  now: number,
): FraudAlert["window"] {
  if (given === undefined) return { from: windowOf(now), to: windowOf(now) + WINDOW_MS };
  const window = { from: Date.parse(given.from), to: Date.parse(given.to) };
  if (window.from >= window.to) throw fieldProblem("window.to", "must be after from");
  if (window.from < now - WINDOW_AGE_MS_MAX)
    throw fieldProblem("window.from", "must lie within the last 31 days");
  if (window.to > now + WINDOW_MS) throw fieldProblem("window.to", "must not lie in the future");
  return window;
}
