import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createClosedRuns, createFlowRuns } from "#adapters/temporal/flow-runs.ts";
import { Unavailable } from "#domain/errors.ts";
import type { FlowRun, FlowRuns } from "#domain/flows/runs.ts";
import {
  REINSTATE,
  SUSPENSION_STATE,
  suspensionFlow,
  suspensionWorkflowId,
} from "#workflows/suspension/api.ts";
import { attachFlowsEnvironment, type FlowsEnvironment } from "./flows-environment.ts";
import { scriptedBilling, suspensionOf } from "./scripted-billing.ts";

let flows: FlowsEnvironment;
beforeAll(async () => {
  flows = await attachFlowsEnvironment();
});
afterAll(() => flows.close());

const withRuns = (work: (runs: FlowRuns) => Promise<void>): Promise<void> =>
  flows.withWorker(scriptedBilling().activities, (_starter, taskQueue) =>
    work(createFlowRuns(flows.temporal, taskQueue)),
  );

/** Asks the list of what has ended until it has the run. */
async function closed({ runId }: FlowRun, status: FlowRun["status"]): Promise<void> {
  const now = Date.now();
  for (;;) {
    const ended = await createClosedRuns(flows.temporal).between(now - 60_000, now + 60_000);
    const found = ended.find((one) => one.runId === runId);
    if (found !== undefined)
      return expect([found.status, found.closedAt]).toEqual([status, expect.any(Number)]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The visibility store is written behind the history: asks until it has it. */
async function listed(
  runs: FlowRuns,
  tenantId: string,
  wanted: (found: readonly FlowRun[]) => boolean,
): Promise<readonly FlowRun[]> {
  for (;;) {
    const filter = { tenantId, flow: "suspension", status: null, from: null, to: null };
    const found: FlowRun[] = [];
    let cursor: string | null = null;
    do {
      const page = await runs.list(filter, { limit: 1, cursor });
      found.push(...page.runs);
      ({ cursor } = page);
    } while (cursor !== null);
    if (wanted(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function suspended(runs: FlowRuns, run: FlowRun): Promise<void> {
  for (;;) {
    const state = await runs.query(run, SUSPENSION_STATE);
    if (state.kind === "done" && (state.output as { status: string }).status === "suspended") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("runs of durable flows", () => {
  test("are started once per business key, described, told, listed, and have a result", async () => {
    await withRuns(async (runs) => {
      const input = suspensionOf();
      const first = await runs.start(suspensionFlow, input, "owner");
      const again = await runs.start(suspensionFlow, input, "owner");
      expect([first.kind, again.kind, again.run.runId]).toEqual(["started", "running", first.run.runId]);
      expect(first.run).toMatchObject({
        workflowId: suspensionWorkflowId(input.tenantId),
        flow: "suspension",
        tenantId: input.tenantId,
        status: "running",
        closedAt: null,
      });
      await suspended(runs, first.run);
      expect(await runs.result(first.run.workflowId, 100)).toEqual({ kind: "running" });
      expect(await runs.update(first.run, REINSTATE, { actor: "Kim", reason: "" }, "u-1")).toEqual({
        kind: "refused",
        message: "reason is needed: why",
      });
      const decision = { actor: "Kim", reason: "paid" };
      const done = await runs.update(first.run, REINSTATE, decision, "u-2");
      expect(done).toMatchObject({ kind: "done", output: { status: "reinstated" } });
      expect(await runs.result(first.run.workflowId, 5_000)).toMatchObject({
        kind: "completed",
        output: { result: "reinstated", by: "Kim" },
      });
      expect(await runs.signal(first.run, "causeMayHaveEnded", undefined)).toEqual({ kind: "over" });
      expect(await runs.describe(first.run.workflowId)).toMatchObject({
        status: "completed",
        flowStatus: "reinstated",
      });
      const second = await runs.start(suspensionFlow, input, "owner");
      expect(second.kind).toBe("started");
      await closed(first.run, "completed");
      await suspended(runs, second.run);
      expect(await runs.terminate(second.run, "test")).toEqual({ kind: "done", output: null });
      expect(await runs.result(second.run.workflowId, 5_000)).toMatchObject({ kind: "failed" });
      const all = await listed(
        runs,
        input.tenantId,
        (found) => found.length === 2 && found.every(({ closedAt }) => closedAt !== null),
      );
      expect(all.map(({ runId, status }) => [runId, status])).toEqual([
        [second.run.runId, "terminated"],
        [first.run.runId, "completed"],
      ]);
    });
  });

  test("with a request's id are started once by it, also when they have ended; n8n's execution is found", async () => {
    await withRuns(async (runs) => {
      const input = suspensionOf({ cause: "person" });
      const request = { requestId: "request-1", n8nExecutionId: "4711", callbackUrl: null };
      const first = await runs.start(suspensionFlow, input, "owner", request);
      await suspended(runs, first.run);
      await runs.update(first.run, REINSTATE, { actor: "Kim", reason: "paid" }, "u-1");
      await runs.result(first.run.workflowId, 5_000);
      const again = await runs.start(suspensionFlow, input, "owner", request);
      expect([again.kind, again.run.runId, again.run.status]).toEqual([
        "started",
        first.run.runId,
        "completed",
      ]);
      expect(again.run.attributes).toMatchObject({ n8nExecutionId: "4711", amountDue: null });
      const all = await listed(runs, input.tenantId, (found) => found.length === 1);
      expect(all[0]?.attributes.n8nExecutionId).toBe("4711");
      const other = await runs.start(suspensionFlow, input, "owner", { ...request, requestId: "request-2" });
      expect([other.kind, other.run.runId === first.run.runId]).toEqual(["started", false]);
      await runs.terminate(other.run, "test");
    });
  });

  test("tell what has happened by name, and nothing of what they were given", async () => {
    let attempts = 0;
    const { activities } = scriptedBilling({
      setService: async () => {
        attempts += 1;
        if (attempts === 1) throw new Unavailable("postgres");
        return { changed: true };
      },
    });
    await flows.withWorker(activities, async (_starter, taskQueue) => {
      const runs = createFlowRuns(flows.temporal, taskQueue);
      const input = suspensionOf({ reason: "canary-4711" });
      const { run } = await runs.start(suspensionFlow, input, "owner");
      await suspended(runs, run);
      await runs.update(run, REINSTATE, { actor: "Kim", reason: "canary-4711" }, "u-1");
      await runs.result(run.workflowId, 5_000);
      const history = await runs.history(run);
      expect(JSON.stringify(history)).not.toContain("canary");
      expect(history[0]).toMatchObject({
        eventId: 1,
        type: "workflow_execution_started",
        name: "suspension",
        summary: `Suspension: ${input.tenantId}`,
      });
      expect(history.at(-1)?.type).toBe("workflow_execution_completed");
      expect(history.filter(({ type }) => type.startsWith("workflow_task"))).toEqual([]);
      const service = history.filter(({ name }) => name === "setService").map(({ type }) => type);
      const once = ["activity_task_scheduled", "activity_task_started", "activity_task_completed"];
      expect(service).toEqual([...once, ...once]);
      expect(history.find(({ attempt }) => attempt === 2)).toMatchObject({
        name: "setService",
        failure: { type: "Unavailable", message: expect.stringContaining("postgres") },
      });
      const updates = history.filter(({ name }) => name === REINSTATE).map(({ type }) => type);
      expect(updates).toEqual(["workflow_execution_update_accepted", "workflow_execution_update_completed"]);
    });
  });

  test("begin anew from their first or last decision, and from no other event than a decision", async () => {
    const { activities, calls } = scriptedBilling();
    await flows.withWorker(activities, async (_starter, taskQueue) => {
      const runs = createFlowRuns(flows.temporal, taskQueue);
      const { run } = await runs.start(suspensionFlow, suspensionOf(), "owner");
      await suspended(runs, run);
      while (!calls.includes("mail suspended")) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await runs.reset(run, 2, "test")).toMatchObject({
        kind: "refused",
        message: expect.stringContaining("event 2 is no end of a decision: 4, "),
      });
      expect(await runs.reset(run, "first", "the outage is over")).toMatchObject({ kind: "done" });
      const fresh = (await runs.describe(run.workflowId)) as FlowRun;
      expect([fresh.runId === run.runId, fresh.status]).toEqual([false, "running"]);
      await suspended(runs, fresh);
      expect(calls.filter((call) => call.startsWith("off"))).toHaveLength(2);
      await runs.update(fresh, REINSTATE, { actor: "Kim", reason: "paid" }, "u-1");
      await runs.result(fresh.workflowId, 5_000);
      const on = (): number => calls.filter((call) => call.startsWith("on")).length;
      expect(on()).toBe(1);
      // After its end, too: the last decision is made again, nothing before it.
      expect(await runs.reset(fresh, "last", "once more")).toMatchObject({ kind: "done" });
      expect(await runs.result(fresh.workflowId, 10_000)).toMatchObject({
        kind: "completed",
        output: { result: "reinstated", by: "Kim" },
      });
      expect(on()).toBe(1);
    });
  });

  test("that never were are nobody's", async () => {
    await withRuns(async (runs) => {
      expect(await runs.describe("suspension-nobody")).toBeNull();
      expect(
        await runs.list(
          { tenantId: "nobody", flow: null, status: "running", from: 0, to: 1 },
          { limit: 5, cursor: null },
        ),
      ).toEqual({
        runs: [],
        cursor: null,
      });
    });
  });
});
