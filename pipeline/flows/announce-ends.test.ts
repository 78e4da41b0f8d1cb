import { expect, test } from "@jest/globals";
import type { FlowRun } from "#domain/flows/runs.ts";
import type { AnnouncedEnd } from "#domain/webhooks/ports.ts";
import { announceEnds } from "./announce-ends.ts";

const NOW = 1_795_000_000_000;
const HOUR_MS = 3_600_000;

const run = (runId: string, closedAt: number | null): FlowRun => ({
  workflowId: `suspension-${runId}`,
  runId,
  flow: "suspension",
  tenantId: "T-1",
  status: "failed",
  flowStatus: null,
  startedAt: 0,
  closedAt,
  attributes: {
    amountDue: null,
    currency: null,
    invoiceNumber: null,
    caseSeverity: null,
    n8nExecutionId: "4711",
  },
  url: `http://ui.test/${runId}`,
});

/** A list of runs, and what has been announced of them. */
function world(runs: readonly FlowRun[], since: number | null) {
  const ends: AnnouncedEnd[] = [];
  const asked: [number, number][] = [];
  let upTo = since;
  const go = () =>
    announceEnds(
      {
        between: async (from, to) => {
          asked.push([from, to]);
          return runs.filter(({ closedAt }) => closedAt === null || (closedAt >= from && closedAt < to));
        },
      },
      {
        upTo: async () => upTo,
        announce: async (given) => {
          const fresh = given.filter(({ runId }) => ends.every((one) => one.runId !== runId));
          ends.push(...fresh);
          upTo = Math.max(upTo ?? 0, ...given.map(({ event }) => event.at));
          return fresh.length;
        },
        prune: async () => {},
      },
      { now: () => NOW },
    );
  return { ends, asked, go };
}

test("nobody who wants to know: nothing is asked of Temporal", async () => {
  const { go, asked } = world([run("r1", NOW - 5)], null);
  expect([await go(), asked]).toEqual([0, []]);
});

test("what has ended is announced once, the oldest first, with how and where, and what came late into the list, too", async () => {
  const runs = [run("r2", NOW - 1_000), run("r1", NOW - 5_000), run("r3", null)];
  const { go, ends } = world(runs, NOW - 10_000);
  expect(await go()).toBe(2);
  expect(ends.map(({ runId }) => runId)).toEqual(["r1", "r2"]);
  expect(ends[0]!.event).toEqual({
    id: "run:r1:ended",
    type: "workflow.completed",
    tenantId: "T-1",
    at: NOW - 5_000,
    data: {
      workflow: "suspension",
      workflow_id: "suspension-r1",
      run_id: "r1",
      status: "failed",
      n8n_execution_id: "4711",
      link: "http://ui.test/r1",
    },
  });
  runs.push(run("late", NOW - 30_000));
  expect(await go()).toBe(1);
  expect(ends.at(-1)!.runId).toBe("late");
});

test("after an outage of hours it goes on where it was, a stretch at a time, with no gap", async () => {
  const runs = Array.from({ length: 30 }, (_, index) => run(`r${index}`, NOW - index * 360_000));
  const { go, ends, asked } = world(runs, NOW - 3 * HOUR_MS);
  expect(await go()).toBe(30);
  expect(ends.map(({ event }) => event.at)).toEqual(
    ends.map(({ event }) => event.at).toSorted((a, b) => a - b),
  );
  expect(asked.slice(1).every(([from], index) => from === asked[index]![1])).toBe(true);
  expect(asked.at(-1)![1]).toBeGreaterThan(NOW);
});
