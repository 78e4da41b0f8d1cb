import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { fieldProblem, problemResponses } from "../problems.ts";
import {
  changeableSchedule,
  noSuchSchedule,
  scheduleBody,
  scheduleParams,
  toScheduleBody,
} from "../schedule-bodies.ts";
import { ADMINISTRATION_KEY, time } from "../schemas.ts";

/** Temporal buffers a thousand starts of a schedule. */
const SPAN_DAYS_MAX = 366;

const request = z
  .strictObject({ from: time, to: time })
  .meta({ examples: [{ from: "2026-11-01T00:00:00Z", to: "2026-11-03T00:00:00Z" }] });

/** POST /api/v2/schedules/:id/backfill */
export const backfillSchedule: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/schedules/:id/backfill",
    config: { operation: "schedules.backfill" },
    schema: {
      operationId: "backfillSchedule",
      summary: "Start a schedule's workflow for times gone by",
      description:
        "Once for every time in [from, to] at which it should have started, one after the other. What each run does for its own time it does once: a time that had its run already changes nothing.",
      tags: ["schedules"],
      security: ADMINISTRATION_KEY,
      params: scheduleParams,
      body: request,
      response: { 202: scheduleBody, ...problemResponses(400, 404, 413, 415) },
    },
    handler: async (httpRequest, reply) => {
      const { id } = httpRequest.params;
      const { from, to } = httpRequest.body;
      const [start, end] = [Date.parse(from), Date.parse(to)];
      if (end > dependencies.clock.now()) throw fieldProblem("to", "must not be in the future");
      if (start > end) throw fieldProblem("from", "must not be after to");
      if (end - start > SPAN_DAYS_MAX * 86_400_000)
        throw fieldProblem("from", `must be at most ${SPAN_DAYS_MAX} days before to: backfill in parts`);
      await changeableSchedule(httpRequest, dependencies, id);
      const done = await dependencies.schedules.backfill(id, start, end);
      const now = await dependencies.schedules.describe(id);
      if (!done || now === null) throw noSuchSchedule(id);
      return reply.code(202).send(toScheduleBody(now));
    },
  });
};
