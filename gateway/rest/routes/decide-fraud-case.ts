import { z } from "zod";
import { type Actor, actorName } from "#domain/access/actor.ts";
import { partyOf, type Party } from "#domain/access/permissions.ts";
import { note } from "#domain/events/fraud-alert.ts";
import { type CaseDecisionKind, DECISIONS } from "#domain/fraud/ports.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { decideCase } from "../decide-case.ts";
import { caseParams, FRAUD_CASE_EXAMPLE, fraudCaseBody, toFraudCaseBody } from "../fraud-bodies.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, TIME_EXAMPLE } from "../schemas.ts";

const request = z
  .strictObject({
    decision: z.enum(DECISIONS),
    reason: note.min(1, "is needed: why"),
    note: note.nullable().default(null),
  })
  .meta({ examples: [{ decision: "block", reason: "numbers of a premium range, none of them known" }] });

/** What gives money back is not support's. */
const MAY_REFUND: readonly Party[] = ["owner", "finance"];

const EXAMPLE = {
  ...FRAUD_CASE_EXAMPLE,
  status: "decided" as const,
  decision: {
    decision: "block" as const,
    decided_by: "Support",
    reason: "numbers of a premium range, none of them known",
    note: null,
    decided_at: TIME_EXAMPLE,
  },
};

/** POST /api/v2/fraud-cases/:id/decision */
export const decideFraudCase: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/fraud-cases/:id/decision",
    config: { operation: "fraud_cases.decide" },
    schema: {
      operationId: "decideFraudCase",
      summary: "Decide a fraud case",
      description:
        "release opens what is frozen; block closes it for good; suspend suspends the tenant; refund gives back what its traffic was charged, and needs owner or finance. There is one decision: the same again changes nothing, another one is refused with the first.",
      tags: ["fraud"],
      security: ADMINISTRATION_KEY,
      params: caseParams,
      body: request,
      response: {
        200: fraudCaseBody.meta({ examples: [EXAMPLE] }),
        ...problemResponses(400, 404, 409, 413, 415),
      },
    },
    handler: async (httpRequest) => {
      const { id } = httpRequest.params;
      const actor = actorOf(httpRequest);
      const asked = { ...httpRequest.body, actor: actorName(actor) };
      requireMayDecide(actor, asked.decision);
      const decided = await decideCase(dependencies, id, asked);
      const { decision } = decided;
      if (decision.decision !== asked.decision)
        throw new ProblemError(
          "conflict",
          `${id} was decided already: ${decision.decision}, by ${decision.actor}.`,
        );
      return toFraudCaseBody(decided);
    },
  });
};

function requireMayDecide(actor: Actor, decision: CaseDecisionKind): void {
  if (decision !== "refund" || MAY_REFUND.includes(partyOf(actor))) return;
  throw new ProblemError("forbidden", "This key may not decide a refund: owner or finance may.");
}
