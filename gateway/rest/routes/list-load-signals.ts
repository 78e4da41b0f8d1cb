import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { LOAD_SIGNAL_EXAMPLE, loadSignalBody, toLoadSignalBody } from "../price-rules-body.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const SHOWN_MAX = 100;

const list = z
  .object({ data: z.array(loadSignalBody) })
  .meta({ examples: [{ data: [LOAD_SIGNAL_EXAMPLE] }] });

/** GET /api/v2/load-signals: the latest first. */
export const listLoadSignals: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/load-signals",
    config: { operation: "load_signals.list" },
    schema: {
      operationId: "listLoadSignals",
      summary: "List the latest load signals",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      response: { 200: list, ...problemResponses() },
    },
    handler: async () => ({
      data: (await dependencies.priceRules.loadSignals(SHOWN_MAX)).map(toLoadSignalBody),
    }),
  });
};
