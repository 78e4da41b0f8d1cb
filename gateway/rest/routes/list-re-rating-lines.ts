import type { AddRoute } from "../context.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { LINE_EXAMPLE, reRatedLineBody, reRatingParams, toLineBody } from "../re-rating-body.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

/** GET /api/v2/re-ratings/:id/lines: every charge whose price differs, by wallet and sequence. */
export const listReRatingLines: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/re-ratings/:id/lines",
    config: { operation: "re_ratings.lines" },
    schema: {
      operationId: "listReRatingLines",
      summary: "List a re-rating's differences",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: reRatingParams,
      querystring: pageQuery,
      response: {
        200: pageOf(reRatedLineBody).meta({ examples: [{ data: [LINE_EXAMPLE], next: null }] }),
        ...problemResponses(400, 404),
      },
    },
    handler: async (request) => {
      const { reRatings } = dependencies.books;
      if ((await reRatings.get(request.params.id)) === null)
        throw new ProblemError("not_found", `There is no re-rating ${request.params.id}.`);
      return toPageBody(await reRatings.lines(request.params.id, toPageRequest(request.query)), toLineBody);
    },
  });
};
