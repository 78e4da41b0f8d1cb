import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { formatPercent, parsePercent } from "#domain/money/percent.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { loadSignalBody, toLoadSignalBody } from "../price-rules-body.ts";
import { fieldProblem, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const request = z
  .strictObject({
    percent: z.string().max(40).describe("How busy the platform is, from 0 to 1000"),
    source: z.string().trim().min(1).max(60).describe("Who says so"),
  })
  .meta({ examples: [{ percent: "85", source: "prometheus" }] });

/** POST /api/v2/load-signals */
export const createLoadSignal: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/load-signals",
    config: { operation: "load_signals.create" },
    schema: {
      operationId: "createLoadSignal",
      summary: "Say how busy the platform is",
      description:
        "What surges with a load look at, from two seconds after it is stored until the next signal. Say it in steps, as a monitor's alert does, not at every reading: each is kept, so that a charge can be explained. The present one said again changes nothing.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      body: request,
      response: { 201: loadSignalBody, ...problemResponses(400, 413, 415) },
    },
    handler: async (httpRequest, reply) => {
      const { percent: text, source } = httpRequest.body;
      const percent = parsePercent(text);
      if (percent === null)
        throw fieldProblem(
          "percent",
          'must be a percentage from 0 to 1000 with at most 18 decimals, such as "85"',
        );
      const stored = await dependencies.priceRules.addLoadSignal({
        percent: formatPercent(percent),
        source,
        storedAt: dependencies.clock.now(),
        actor: actorName(actorOf(httpRequest)),
      });
      await dependencies.announcements.flush();
      return reply.code(201).send(toLoadSignalBody(stored));
    },
  });
};
