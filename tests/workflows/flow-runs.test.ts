import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createFlowRuns } from "#adapters/temporal/flow-runs.ts";
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
