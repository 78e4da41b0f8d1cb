import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { MESSAGE_EXAMPLE, messageBody, messageState, toMessageBody } from "../message-body.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY, tenantId } from "../schemas.ts";
import { listedTenant, scopeOf } from "../tenant-access.ts";

const query = pageQuery.extend({
  tenant_id: tenantId.optional().describe("Needed with an administration key"),
  state: messageState.optional(),
});

/** GET /api/v2/messages: a tenant's messages, newest first. */
export const listMessages: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/messages",
    config: { operation: "messages.list" },
    schema: {
      operationId: "listMessages",
      summary: "List messages",
      tags: ["messages"],
      security: ANY_KEY,
      querystring: query,
      response: {
        200: pageOf(messageBody).meta({ examples: [{ data: [MESSAGE_EXAMPLE], next: null }] }),
        ...problemResponses(400, 404),
      },
    },
    handler: async (request) => {
      const actor = actorOf(request);
      const page = await dependencies.messages.list(
        scopeOf(actor),
        listedTenant(actor, request.query.tenant_id),
        { state: request.query.state ?? null },
        toPageRequest(request.query),
      );
      return toPageBody(page, toMessageBody);
    },
  });
};
