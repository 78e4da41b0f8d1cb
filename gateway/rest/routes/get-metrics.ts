import { z } from "zod";
import type { AddRoute } from "../context.ts";

const metricsText = z
  .string()
  .meta({ examples: ['catalyst_messages_total{channel="sms",outcome="accepted"} 20000'] });

/** GET /metrics: Prometheus' text format. */
export const getMetrics: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/metrics",
    schema: {
      operationId: "getMetrics",
      summary: "Metrics for Prometheus",
      tags: ["platform"],
      response: { 200: { description: "Metrics", content: { "text/plain": { schema: metricsText } } } },
    },
    handler: async (_request, reply) => {
      const text = await dependencies.metrics.metrics();
      return reply
        .type(dependencies.metrics.contentType)
        .serializer((body: unknown) => String(body))
        .send(text);
    },
  });
};
