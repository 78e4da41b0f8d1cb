import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { runParams } from "../flow-bodies.ts";
import { visibleRun } from "../flow-catalog.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY, isoTime, TIME_EXAMPLE } from "../schemas.ts";

const event = z.object({
  event_id: z.int(),
  at: z.string(),
  type: z.string().describe("Temporal's own word"),
  name: z.string().nullable().describe("Of the activity, timer, signal, update or workflow"),
  summary: z.string().nullable(),
  attempt: z.int().nullable().describe("Of an activity, from 1"),
  failure: z
    .object({ type: z.string(), message: z.string() })
    .nullable()
    .describe("Why it failed, or why the attempt before failed"),
});

const EXAMPLE = {
  event_id: 12,
  at: TIME_EXAMPLE,
  type: "activity_task_completed",
  name: "setService",
  summary: null,
  attempt: null,
  failure: null,
};

/** GET /api/v2/workflows/runs/:id/history: the oldest first. */
export const getRunHistory: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/workflows/runs/:id/history",
    config: { operation: "runs.history" },
    schema: {
      operationId: "getWorkflowRunHistory",
      summary: "Read what has happened in a run",
      description:
        "Events with their times, names and failures, and nothing that the run was given or has answered: that is in the Web UI, for those who may see it.",
      tags: ["workflows"],
      security: ANY_KEY,
      params: runParams,
      querystring: pageQuery,
      response: {
        200: pageOf(event).meta({ examples: [{ data: [EXAMPLE], next: null }] }),
        ...problemResponses(400, 404),
      },
    },
    handler: async (request) => {
      const { run } = await visibleRun(request, dependencies, request.params.id);
      const { after, limit } = toPageRequest(request.query);
      const events = await dependencies.flows.history(run);
      const rest = events.filter(({ eventId }) => eventId > Number(after ?? 0));
      const rows = rest.slice(0, limit);
      const next = rest.length > limit ? String(rows.at(-1)?.eventId) : null;
      return toPageBody({ rows, next }, ({ eventId, at, ...shown }) => ({
        event_id: eventId,
        at: isoTime(at),
        ...shown,
      }));
    },
  });
};
