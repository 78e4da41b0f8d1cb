import type { AddRoute } from "../context.ts";
import { issuerBody, toIssuerBody } from "../issuer-body.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

/** GET /api/v2/issuer */
export const getIssuer: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/issuer",
    config: { operation: "issuer.read" },
    schema: {
      operationId: "getIssuer",
      summary: "Read who issues invoices",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      response: { 200: issuerBody, ...problemResponses() },
    },
    handler: async () => toIssuerBody(await dependencies.invoicing.issuers.current()),
  });
};
