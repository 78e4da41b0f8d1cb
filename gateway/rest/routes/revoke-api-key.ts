import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ANY_KEY, tenantId, uuid } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";

const params = z.object({ id: tenantId.describe("The tenant's id"), keyId: uuid.describe("The key_id") });

/** DELETE /api/v2/tenants/:id/api-keys/:keyId */
export const revokeApiKey: AddRoute = (gateway, { dependencies, authenticator }) => {
  gateway.route({
    method: "DELETE",
    url: "/api/v2/tenants/:id/api-keys/:keyId",
    config: { operation: "api_keys.revoke" },
    schema: {
      operationId: "revokeApiKey",
      summary: "Revoke an API key",
      description: "Holds within two seconds in every gateway process.",
      tags: ["tenants"],
      security: ANY_KEY,
      params,
      response: { 204: z.undefined().describe("Revoked"), ...problemResponses(400, 404) },
    },
    handler: async (request, reply) => {
      const { id, keyId } = request.params;
      const tenant = await visibleTenant(request, dependencies, id);
      const revoked = await dependencies.tenants.revokeApiKey(
        tenant.tenantId,
        keyId,
        actorName(actorOf(request)),
      );
      if (!revoked) throw new ProblemError("not_found", `Tenant ${id} has no key ${keyId}.`);
      authenticator.forget();
      return reply.code(204).send();
    },
  });
};
