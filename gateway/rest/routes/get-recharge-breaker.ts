import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import { breakerBody, toBreakerBody } from "../recharge-breaker-body.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

/** GET /api/v2/recharge-breaker */
export const getRechargeBreaker: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/recharge-breaker",
    config: { operation: "recharge_breaker.read" },
    schema: {
      operationId: "getRechargeBreaker",
      summary: "See whether automatic recharges are stopped",
      tags: ["payments"],
      security: ADMINISTRATION_KEY,
      response: { 200: breakerBody, ...problemResponses() },
    },
    handler: async () => toBreakerBody(await dependencies.rechargeBreaker.state()),
  });
};
