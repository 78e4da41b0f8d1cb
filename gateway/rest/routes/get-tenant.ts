import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY, tenantParams } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";
import { tenantBody, toTenantBody } from "../tenant-body.ts";

/** GET /api/v2/tenants/:id */
export const getTenant: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/tenants/:id",
    config: { operation: "tenants.read" },
    schema: {
      operationId: "getTenant",
      summary: "Read a tenant",
      tags: ["tenants"],
      security: ANY_KEY,
      params: tenantParams,
      response: { 200: tenantBody, ...problemResponses(400, 404) },
    },
    handler: async (request) => toTenantBody(await visibleTenant(request, dependencies, request.params.id)),
  });
};
