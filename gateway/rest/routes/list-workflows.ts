import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { flowBody, toFlowBody } from "../flow-bodies.ts";
import { FLOWS } from "../flow-catalog.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY } from "../schemas.ts";

/** Never changes while a process lives. */
const CATALOG = { data: FLOWS.map(toFlowBody) };

/** GET /api/v2/workflows: the catalog of durable flows. */
export const listWorkflows: AddRoute = (gateway) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/workflows",
    config: { operation: "workflows.list" },
    schema: {
      operationId: "listWorkflows",
      summary: "List the durable workflows",
      description: "Each with the JSON Schema of its input, output, signals, updates and queries.",
      tags: ["workflows"],
      security: ANY_KEY,
      response: {
        200: z.object({ data: z.array(flowBody) }).meta({ examples: [{ data: CATALOG.data.slice(0, 1) }] }),
        ...problemResponses(),
      },
    },
    handler: async () => CATALOG,
  });
};
