import type { AddRoute } from "../context.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";
import { TENANT_BODY_EXAMPLE, tenantBody, toTenantBody } from "../tenant-body.ts";

/** GET /api/v2/tenants: all tenants by id. */
export const listTenants: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/tenants",
    config: { operation: "tenants.list" },
    schema: {
      operationId: "listTenants",
      summary: "List tenants",
      tags: ["tenants"],
      security: ADMINISTRATION_KEY,
      querystring: pageQuery,
      response: {
        200: pageOf(tenantBody).meta({ examples: [{ data: [TENANT_BODY_EXAMPLE], next: null }] }),
        ...problemResponses(400),
      },
    },
    handler: async (request) => {
      const { after, limit } = toPageRequest(request.query);
      const { tenants, cursor } = await dependencies.tenants.list({ cursor: after, limit });
      return toPageBody({ rows: tenants, next: cursor }, toTenantBody);
    },
  });
};
