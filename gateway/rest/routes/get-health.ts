import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { isoTime, TIME_EXAMPLE } from "../schemas.ts";

const component = z.object({ status: z.enum(["up", "down"]), detail: z.string().optional() });

const health = z
  .object({
    status: z.enum(["healthy", "degraded"]),
    tps: z.number().describe("Messages accepted per second, of the last seconds"),
    timestamp: z.string(),
    components: z.record(z.string(), component),
  })
  .meta({
    examples: [
      { status: "healthy", tps: 0, timestamp: TIME_EXAMPLE, components: { kafka: { status: "up" } } },
    ],
  });

/** GET /health: the gateway lives; which of its servers answer. Always 200 while the process lives. */
export const getHealth: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/health",
    schema: {
      operationId: "getHealth",
      summary: "Health of the platform",
      tags: ["platform"],
      response: { 200: health },
    },
    handler: async () => {
      const components = await dependencies.health.components();
      const healthy = Object.values(components).every(({ status }) => status === "up");
      return {
        status: healthy ? ("healthy" as const) : ("degraded" as const),
        tps: dependencies.health.tps(),
        timestamp: isoTime(dependencies.clock.now()),
        components,
      };
    },
  });
};
