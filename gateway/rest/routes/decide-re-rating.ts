import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { RE_RATING_EXAMPLE, reRatingBody, reRatingParams, toReRatingBody } from "../re-rating-body.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const request = z
  .strictObject({ decision: z.enum(["approved", "rejected"]) })
  .meta({ examples: [{ decision: "approved" }] });

/** POST /api/v2/re-ratings/:id/decisions: approved, its differences are posted as entries; rejected, nothing is. */
export const decideReRating: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/re-ratings/:id/decisions",
    config: { operation: "re_ratings.decide" },
    schema: {
      operationId: "decideReRating",
      summary: "Approve or reject a re-rating",
      description:
        "Possible once, when the report is complete; the same decision again changes nothing. The name of the key that decides stands in every entry.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: reRatingParams,
      body: request,
      response: {
        200: reRatingBody.meta({
          examples: [
            {
              ...RE_RATING_EXAMPLE,
              status: "approved",
              decided_by: "Finance",
              decided_at: "2026-11-23T21:40:00.000Z",
            },
          ],
        }),
        ...problemResponses(400, 404, 409, 413, 415),
      },
    },
    handler: async (httpRequest) => {
      const { id } = httpRequest.params;
      const outcome = await dependencies.books.reRatings.decide(id, httpRequest.body.decision, {
        actor: actorName(actorOf(httpRequest)),
        at: dependencies.clock.now(),
      });
      if (outcome.kind === "unknown") throw new ProblemError("not_found", `There is no re-rating ${id}.`);
      if (outcome.kind === "not_reported")
        throw new ProblemError(
          "conflict",
          `Re-rating ${id} is ${outcome.reRating.status}: only a complete report can be decided, once.`,
        );
      return toReRatingBody(outcome.reRating);
    },
  });
};
