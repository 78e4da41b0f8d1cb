import { z } from "zod";
import { diffRateCards } from "#domain/rating/rate-card-diff.ts";
import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { rateCardParams } from "../rate-card-body.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const version = z.coerce.number().int().min(1, "must be a version from 1");

const query = z.object({
  from: version.optional().describe("Default: the version before `to`"),
  to: version.optional().describe("Default: the latest"),
});

const diff = z
  .object({
    rate_card_id: z.string(),
    from: z.int(),
    to: z.int(),
    changes: z.array(
      z.object({
        path: z.string(),
        before: z.string().nullable().describe("JSON text; null: was not there"),
        after: z.string().nullable().describe("JSON text; null: is gone"),
      }),
    ),
    dropped: z.int().describe("Changes beyond the first 10,000"),
  })
  .meta({
    examples: [
      {
        rate_card_id: "RC-TENANT-001",
        from: 1,
        to: 2,
        changes: [{ path: "rates.sms.operator_rates.Verizon", before: "0.020", after: "0.021" }],
        dropped: 0,
      },
    ],
  });

/** GET /api/v2/rate-cards/:id/diff: what changes from one version to another, by path. */
export const getRateCardDiff: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/rate-cards/:id/diff",
    config: { operation: "rate_cards.diff" },
    schema: {
      operationId: "getRateCardDiff",
      summary: "Compare two versions of a rate card",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: rateCardParams,
      querystring: query,
      response: { 200: diff, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const { id } = request.params;
      const versions = await dependencies.rateCards.versions(id);
      const to = request.query.to ?? versions[0]?.version ?? 1;
      const from = request.query.from ?? Math.max(1, to - 1);
      const [before, after] = [from, to].map((wanted) => versions.find((one) => one.version === wanted));
      if (before === undefined || after === undefined)
        throw new ProblemError(
          "not_found",
          versions.length === 0
            ? `There is no rate card ${id}.`
            : `Rate card ${id} has the versions 1 to ${versions[0]?.version}.`,
        );
      const { changes, dropped } = diffRateCards(before.source, after.source);
      return { rate_card_id: id, from, to, changes: [...changes], dropped };
    },
  });
};
