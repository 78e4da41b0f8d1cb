import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, uuid } from "../schemas.ts";

/** DELETE /api/v2/admin-keys/:id */
export const revokeAdminKey: AddRoute = (gateway, { dependencies, authenticator }) => {
  gateway.route({
    method: "DELETE",
    url: "/api/v2/admin-keys/:id",
    config: { operation: "admin_keys.revoke" },
    schema: {
      operationId: "revokeAdminKey",
      summary: "Revoke an administration key",
      description: "Holds within two seconds in every gateway process.",
      tags: ["administration"],
      security: ADMINISTRATION_KEY,
      params: z.object({ id: uuid.describe("The key_id") }),
      response: { 204: z.undefined().describe("Revoked"), ...problemResponses(400, 404) },
    },
    handler: async (request, reply) => {
      const revoked = await dependencies.adminKeys.revoke(request.params.id, dependencies.clock.now());
      if (!revoked)
        throw new ProblemError("not_found", `There is no active administration key ${request.params.id}.`);
      authenticator.forget();
      return reply.code(204).send();
    },
  });
};
