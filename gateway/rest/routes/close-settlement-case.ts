import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";
import { caseBody, caseParams, toCaseBody } from "../settlement-body.ts";

const request = z
  .strictObject({ reason: z.string().trim().min(1).max(500).describe("What was done about it") })
  .meta({ examples: [{ reason: "refunded at the provider on request of the payer" }] });

/** POST /api/v2/settlements/cases/:id/close: says what was done, under the key's name; found again, it is another case. */
export const closeSettlementCase: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/settlements/cases/:id/close",
    config: { operation: "settlement_cases.close" },
    schema: {
      operationId: "closeSettlementCase",
      summary: "Close a case of settlement",
      tags: ["settlement"],
      security: ADMINISTRATION_KEY,
      params: caseParams,
      body: request,
      response: { 200: caseBody, ...problemResponses(400, 404, 409, 413, 415) },
    },
    handler: async (httpRequest) => {
      const { id } = httpRequest.params;
      const { reason } = httpRequest.body;
      const actor = actorName(actorOf(httpRequest));
      const outcome = await dependencies.settlements.closeCase(id, {
        actor,
        reason,
        at: dependencies.clock.now(),
      });
      if (outcome.kind === "unknown") throw new ProblemError("not_found", `There is no case ${id}.`);
      const { closing } = outcome.case;
      // The same again is the same closing.
      if (outcome.kind === "closed_before" && (closing?.reason !== reason || closing.actor !== actor))
        throw new ProblemError("conflict", `Case ${id} was closed by ${closing?.actor}: ${closing?.reason}`);
      return toCaseBody(outcome.case);
    },
  });
};
