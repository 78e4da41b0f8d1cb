import { z } from "zod";
import type { AddRoute } from "../context.ts";

const readiness = z
  .object({ status: z.enum(["ready", "not_ready"]) })
  .meta({ examples: [{ status: "ready" }] });

/** GET /ready: 200 when the gateway should be given traffic, else 503. */
export const getReady: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/ready",
    schema: {
      operationId: "getReady",
      summary: "Whether the gateway takes traffic",
      tags: ["platform"],
      response: { 200: readiness, 503: readiness },
    },
    handler: async (_request, reply) => {
      if (dependencies.health.ready()) return { status: "ready" as const };
      return reply.code(503).send({ status: "not_ready" });
    },
  });
};
