import type { AddRoute } from "../context.ts";
import { frozenBody, toFrozenBody } from "../fraud-bodies.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, tenantParams } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";

/** GET /api/v2/tenants/:id/frozen-destinations */
export const listFrozenDestinations: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/tenants/:id/frozen-destinations",
    config: { operation: "frozen_destinations.list" },
    schema: {
      operationId: "listFrozenDestinations",
      summary: "List the destinations that a tenant may not reach",
      tags: ["fraud"],
      security: ADMINISTRATION_KEY,
      params: tenantParams,
      response: { 200: frozenBody, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const tenant = await visibleTenant(request, dependencies, request.params.id);
      return toFrozenBody(tenant.frozenDestinations ?? []);
    },
  });
};
