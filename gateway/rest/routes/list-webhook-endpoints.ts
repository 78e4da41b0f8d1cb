import { z } from "zod";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY, tenantId } from "../schemas.ts";
import { noSuchTenant } from "../tenant-access.ts";
import { ENDPOINT_EXAMPLE, endpointBody, endpointScope, toEndpointBody } from "../webhook-endpoint-body.ts";

const query = z.object({
  tenant_id: tenantId.optional().describe("Those of this tenant alone; a tenant's key sees its own anyway"),
});

/** GET /api/v2/webhook-endpoints: the latest first, never a secret. */
export const listWebhookEndpoints: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/webhook-endpoints",
    config: { operation: "webhook_endpoints.list" },
    schema: {
      operationId: "listWebhookEndpoints",
      summary: "List webhook endpoints",
      tags: ["webhooks"],
      security: ANY_KEY,
      querystring: query,
      response: {
        200: z.object({ data: z.array(endpointBody) }).meta({ examples: [{ data: [ENDPOINT_EXAMPLE] }] }),
        ...problemResponses(400, 404),
      },
    },
    handler: async (request) => {
      const { tenant_id: named } = request.query;
      const scope = endpointScope(actorOf(request));
      if (scope !== null && named !== undefined && named !== scope) throw noSuchTenant(named);
      const endpoints = await dependencies.webhookEndpoints.list(scope);
      const shown = endpoints.filter(({ tenantId: owner }) => named === undefined || owner === named);
      return { data: shown.map(toEndpointBody) };
    },
  });
};
