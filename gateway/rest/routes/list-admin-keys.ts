import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { ADMIN_KEY_EXAMPLE, adminKeyBody, toAdminKeyBody } from "../key-bodies.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const keys = z.object({ data: z.array(adminKeyBody) }).meta({ examples: [{ data: [ADMIN_KEY_EXAMPLE] }] });

/** GET /api/v2/admin-keys: revoked ones included, never a key itself. */
export const listAdminKeys: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/admin-keys",
    config: { operation: "admin_keys.list" },
    schema: {
      operationId: "listAdminKeys",
      summary: "List administration keys",
      tags: ["administration"],
      security: ADMINISTRATION_KEY,
      response: { 200: keys, ...problemResponses() },
    },
    handler: async () => ({ data: (await dependencies.adminKeys.list()).map(toAdminKeyBody) }),
  });
};
