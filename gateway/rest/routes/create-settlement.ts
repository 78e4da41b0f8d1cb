import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { settleableFrom, settlementDay, type SettlementDay } from "#domain/settlement/day.ts";
import { settlementFlow } from "#workflows/settlement/api.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { RUN_EXAMPLE, runBody, toRunBody } from "../flow-bodies.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, isoTime } from "../schemas.ts";
import { day, DAY_EXAMPLE } from "../settlement-body.ts";

const request = z.strictObject({ day }).meta({ examples: [{ day: DAY_EXAMPLE }] });

const SETTLEMENT_RUN_EXAMPLE = {
  ...RUN_EXAMPLE,
  workflow_id: `settlement-${DAY_EXAMPLE}`,
  workflow: "settlement",
  tenant_id: "_platform",
  flow_status: "wallets",
};

/** POST /api/v2/settlements: settles a day now, or again. */
export const createSettlement: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/settlements",
    config: { operation: "settlements.create" },
    schema: {
      operationId: "createSettlement",
      summary: "Settle a day now",
      description:
        "Every night the day before is settled by itself. 200 with the run that goes on where the day is being settled already. A day that was settled is compared again, and gets another revision of its report.",
      tags: ["settlement"],
      security: ADMINISTRATION_KEY,
      body: request,
      response: {
        200: runBody,
        201: runBody.meta({ examples: [SETTLEMENT_RUN_EXAMPLE] }),
        ...problemResponses(400, 409, 413, 415),
      },
    },
    handler: async (httpRequest, reply) => {
      const of = settlementDay(httpRequest.body.day) as SettlementDay;
      const from = settleableFrom(of);
      if (dependencies.clock.now() < from)
        throw new ProblemError("conflict", `${of.day} can be settled from ${isoTime(from)}.`);
      const actor = actorName(actorOf(httpRequest));
      const { kind, run } = await dependencies.flows.start(settlementFlow, { day: of.day, actor }, actor);
      return reply.code(kind === "started" ? 201 : 200).send(toRunBody(run));
    },
  });
};
