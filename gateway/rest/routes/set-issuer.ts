import { actorName } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { ISSUER_EXAMPLE, issuerBody, issuerRequest, toIssuerBody } from "../issuer-body.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const { version: _version, ...REQUEST_EXAMPLE } = ISSUER_EXAMPLE;

/** PUT /api/v2/issuer: a next version, for what is issued from now on. */
export const setIssuer: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "PUT",
    url: "/api/v2/issuer",
    config: { operation: "issuer.update" },
    schema: {
      operationId: "setIssuer",
      summary: "Say who issues invoices, and how they look",
      description: "Versions are kept: an issued document keeps the issuer that it was issued by.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      body: issuerRequest.meta({ examples: [REQUEST_EXAMPLE] }),
      response: { 200: issuerBody, ...problemResponses(400, 413, 415) },
    },
    handler: async (request) => {
      const { address_lines: addressLines, tax_id: taxId, ...rest } = request.body;
      const { issuers } = dependencies.invoicing;
      const actor = actorName(actorOf(request));
      return toIssuerBody(
        await issuers.put({ ...rest, addressLines, taxId }, actor, dependencies.clock.now()),
      );
    },
  });
};
