import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { frozenBody, toFrozenBody } from "../fraud-bodies.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, country, tenantParams } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";

const query = z.object({
  case_id: z.string().max(40).optional().describe("What this case has frozen"),
  country: country.optional(),
  prefix: z
    .string()
    .regex(/^\d{1,9}$/, "must be 1 to 9 digits")
    .optional(),
});

/** DELETE /api/v2/tenants/:id/frozen-destinations: opens what the query names, everything where it names nothing. */
export const deleteFrozenDestinations: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "DELETE",
    url: "/api/v2/tenants/:id/frozen-destinations",
    config: { operation: "frozen_destinations.delete" },
    schema: {
      operationId: "deleteFrozenDestinations",
      summary: "Open destinations to a tenant again",
      description:
        "Those that match all of case_id, country and prefix; all of them where none is given. Known to every process within a second. An open case stays open.",
      tags: ["fraud"],
      security: ADMINISTRATION_KEY,
      params: tenantParams,
      querystring: query,
      response: {
        200: frozenBody.describe("What is still frozen").meta({ examples: [{ data: [] }] }),
        ...problemResponses(400, 404, 409),
      },
    },
    handler: async (request) => {
      const { case_id: caseId, country: ofCountry, prefix } = request.query;
      const tenant = await visibleTenant(request, dependencies, request.params.id);
      const before = tenant.frozenDestinations ?? [];
      const after = before.filter(
        (one) =>
          !(
            (caseId === undefined || one.caseId === caseId) &&
            (ofCountry === undefined || one.country === ofCountry) &&
            (prefix === undefined || one.prefix === prefix)
          ),
      );
      if (after.length === before.length) return toFrozenBody(before);
      const outcome = await dependencies.tenants.change(
        tenant.tenantId,
        { frozenDestinations: after },
        { actor: actorName(actorOf(request)), expectedRevision: tenant.revision },
      );
      if (outcome.kind !== "changed")
        throw new ProblemError("conflict", "The tenant has just been changed: send the request again.");
      await dependencies.announcements.flush();
      return toFrozenBody(outcome.configuration.frozenDestinations ?? []);
    },
  });
};
