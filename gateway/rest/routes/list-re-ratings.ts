import type { AddRoute } from "../context.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { RE_RATING_EXAMPLE, reRatingBody, toReRatingBody } from "../re-rating-body.ts";
import { ADMINISTRATION_KEY, tenantId } from "../schemas.ts";

const query = pageQuery.extend({ tenant_id: tenantId.optional() });

/** GET /api/v2/re-ratings: the newest first. */
export const listReRatings: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/re-ratings",
    config: { operation: "re_ratings.list" },
    schema: {
      operationId: "listReRatings",
      summary: "List re-ratings",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      querystring: query,
      response: {
        200: pageOf(reRatingBody).meta({ examples: [{ data: [RE_RATING_EXAMPLE], next: null }] }),
        ...problemResponses(400),
      },
    },
    handler: async (request) =>
      toPageBody(
        await dependencies.books.reRatings.list(
          request.query.tenant_id ?? null,
          toPageRequest(request.query),
        ),
        toReRatingBody,
      ),
  });
};
