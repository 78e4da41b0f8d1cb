import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { API_KEY_EXAMPLE, apiKeyBody, toApiKeyBody } from "../key-bodies.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY, tenantParams } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";

const keys = z.object({ data: z.array(apiKeyBody) }).meta({ examples: [{ data: [API_KEY_EXAMPLE] }] });

/** GET /api/v2/tenants/:id/api-keys */
export const listApiKeys: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/tenants/:id/api-keys",
    config: { operation: "api_keys.list" },
    schema: {
      operationId: "listApiKeys",
      summary: "List a tenant's API keys",
      tags: ["tenants"],
      security: ANY_KEY,
      params: tenantParams,
      response: { 200: keys, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const tenant = await visibleTenant(request, dependencies, request.params.id);
      return { data: (await dependencies.tenants.listApiKeys(tenant.tenantId)).map(toApiKeyBody) };
    },
  });
};
