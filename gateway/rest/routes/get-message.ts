import { z } from "zod";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { messageBody, toMessageBody } from "../message-body.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ANY_KEY, uuid } from "../schemas.ts";
import { scopeOf } from "../tenant-access.ts";

/** GET /api/v2/messages/:id: the message and all that happened to it. */
export const getMessage: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/messages/:id",
    config: { operation: "messages.read" },
    schema: {
      operationId: "getMessage",
      summary: "Read a message and its timeline",
      description: "The timeline follows within a second: right after a 202 the answer may still be 404.",
      tags: ["messages"],
      security: ANY_KEY,
      params: z.object({ id: uuid.describe("The message_id") }),
      response: { 200: messageBody, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const message = await dependencies.messages.get(scopeOf(actorOf(request)), request.params.id);
      if (message === null) throw new ProblemError("not_found", `There is no message ${request.params.id}.`);
      return toMessageBody(message);
    },
  });
};
