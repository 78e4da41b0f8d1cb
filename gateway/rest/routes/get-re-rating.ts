import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { reRatingBody, reRatingParams, toReRatingBody } from "../re-rating-body.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

/** GET /api/v2/re-ratings/:id */
export const getReRating: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/re-ratings/:id",
    config: { operation: "re_ratings.read" },
    schema: {
      operationId: "getReRating",
      summary: "Read a re-rating",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: reRatingParams,
      response: { 200: reRatingBody, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const reRating = await dependencies.books.reRatings.get(request.params.id);
      if (reRating === null)
        throw new ProblemError("not_found", `There is no re-rating ${request.params.id}.`);
      return toReRatingBody(reRating);
    },
  });
};
