import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY } from "../schemas.ts";
import {
  endpointBody,
  endpointParams,
  endpointScope,
  noSuchEndpoint,
  toEndpointBody,
} from "../webhook-endpoint-body.ts";

/** GET /api/v2/webhook-endpoints/:id: never its secret. */
export const getWebhookEndpoint: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/webhook-endpoints/:id",
    config: { operation: "webhook_endpoints.read" },
    schema: {
      operationId: "getWebhookEndpoint",
      summary: "Read a webhook endpoint",
      tags: ["webhooks"],
      security: ANY_KEY,
      params: endpointParams,
      response: { 200: endpointBody, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const { id } = request.params;
      const endpoint = await dependencies.webhookEndpoints.find(endpointScope(actorOf(request)), id);
      if (endpoint === null) throw noSuchEndpoint(id);
      return toEndpointBody(endpoint);
    },
  });
};
