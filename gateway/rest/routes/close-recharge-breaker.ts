import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import { breakerBody, toBreakerBody } from "../recharge-breaker-body.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const request = z
  .strictObject({ reason: z.string().trim().min(1, "must not be empty").max(500) })
  .meta({ examples: [{ reason: "The cache was empty; the ledger is right." }] });

/** POST /api/v2/recharge-breaker/close */
export const closeRechargeBreaker: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/recharge-breaker/close",
    config: { operation: "recharge_breaker.close" },
    schema: {
      operationId: "closeRechargeBreaker",
      summary: "Let automatic recharges begin again",
      description:
        "It opens when more fall due at once than traffic can explain. What it stopped asks again within a quarter of an hour. Closing a closed one changes nothing.",
      tags: ["payments"],
      security: ADMINISTRATION_KEY,
      body: request,
      response: { 200: breakerBody, ...problemResponses(400, 413, 415) },
    },
    handler: async (httpRequest) => {
      const closed = await dependencies.rechargeBreaker.close({
        actor: actorName(actorOf(httpRequest)),
        reason: httpRequest.body.reason,
        at: dependencies.clock.now(),
      });
      return toBreakerBody(closed);
    },
  });
};
