import { z } from "zod";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY } from "../schemas.ts";
import { endpointParams, endpointScope, noSuchEndpoint } from "../webhook-endpoint-body.ts";

/** DELETE /api/v2/webhook-endpoints/:id */
export const deleteWebhookEndpoint: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "DELETE",
    url: "/api/v2/webhook-endpoints/:id",
    config: { operation: "webhook_endpoints.delete" },
    schema: {
      operationId: "deleteWebhookEndpoint",
      summary: "Have nothing told to an address any more",
      description: "What waits to be told there is forgotten; what is on its way may still arrive.",
      tags: ["webhooks"],
      security: ANY_KEY,
      params: endpointParams,
      response: { 204: z.undefined().describe("Deleted"), ...problemResponses(400, 404) },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const deleted = await dependencies.webhookEndpoints.delete(endpointScope(actorOf(request)), id);
      if (!deleted) throw noSuchEndpoint(id);
      return reply.code(204).send();
    },
  });
};
