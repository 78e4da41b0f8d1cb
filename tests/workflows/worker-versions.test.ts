import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { NativeConnection, WorkflowBundleWithSourceMap } from "@temporalio/worker";
import { randomUUID } from "node:crypto";
import { createFlowRuns } from "#adapters/temporal/flow-runs.ts";
import {
  bundleFlows,
  connectWorker,
  createFlowsWorker,
  type FlowsWorker,
  PINNED_FLOWS_PATH,
} from "#adapters/temporal/worker.ts";
import { flowsVersion, listReleases, makeCurrent } from "#adapters/temporal/worker-versions.ts";
import type { FlowRun } from "#domain/flows/runs.ts";
import { REINSTATE, suspensionFlow } from "#workflows/suspension/api.ts";
import { attachFlowsEnvironment, type FlowsEnvironment } from "./flows-environment.ts";
import { scriptedBilling, suspensionOf } from "./scripted-billing.ts";

let flows: FlowsEnvironment;
let connection: NativeConnection;
beforeAll(async () => {
  flows = await attachFlowsEnvironment();
  connection = await connectWorker(flows.temporal.config.address);
});
afterAll(async () => {
  await connection.close();
  await flows.close();
});

/** A deployment of the test's own with one queue. */
function deployment() {
  const taskQueue = `test-${randomUUID()}`;
  const release = (buildId: string) => ({ deploymentName: taskQueue, buildId });
  const start = async (
    buildId: string,
    activities: object,
    workflowBundle: WorkflowBundleWithSourceMap = flows.bundle,
  ): Promise<FlowsWorker> => {
    const { namespace, payloadKeys } = flows.temporal.config;
    const worker = await createFlowsWorker({
      connection,
      namespace,
      payloadKeys,
      activities,
      taskQueue,
      workflowBundle,
      version: release(buildId),
    });
    void worker.run();
    return worker;
  };
  const current = (buildId: string, waitMs?: number): Promise<void> =>
    makeCurrent(flows.temporal, release(buildId), [taskQueue], waitMs);
  return { taskQueue, release, start, current };
}

async function versioning({ workflowId }: FlowRun): Promise<{ behavior: unknown; buildId: unknown }> {
  const { client, config } = flows.temporal;
  const { workflowExecutionInfo } = await client.workflowService.describeWorkflowExecution({
    namespace: config.namespace,
    execution: { workflowId },
  });
  const { behavior, deploymentVersion } = workflowExecutionInfo?.versioningInfo ?? {};
  return { behavior, buildId: deploymentVersion?.buildId };
}

/** temporal.api.enums.v1.VersioningBehavior */
const [PINNED, AUTO_UPGRADE] = [1, 2];

async function calls(all: readonly string[], wanted: string): Promise<void> {
  while (!all.includes(wanted)) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("releases of the flows' workers", () => {
  test("the same code is the same release; one that nobody polls cannot become current", async () => {
    const again = await bundleFlows();
    expect(flowsVersion(again)).toEqual(flowsVersion(flows.bundle));
    expect(flowsVersion({ code: ` ${again.code}` })).not.toEqual(flowsVersion(again));
    const { taskQueue, current } = deployment();
    await expect(current("b1", 300)).rejects.toThrow(
      `${taskQueue} b1 cannot become current: no worker polls ${taskQueue}`,
    );
  });

  test("the platform's own release is current", async () => {
    const { buildId } = flowsVersion(flows.bundle);
    expect(await listReleases(flows.temporal)).toContainEqual({ buildId, status: "current" });
  });

  test("a long run goes on with the release that is current now", async () => {
    const { taskQueue, start, current } = deployment();
    const runs = createFlowRuns(flows.temporal, taskQueue);
    const first = scriptedBilling();
    const one = await start("b1", first.activities);
    await current("b1");
    const { run } = await runs.start(suspensionFlow, suspensionOf(), "test");
    await calls(first.calls, "mail suspended");
    expect(await versioning(run)).toEqual({ behavior: AUTO_UPGRADE, buildId: "b1" });
    const second = scriptedBilling();
    const two = await start("b2", second.activities);
    await current("b2");
    await one.close();
    await runs.update(run, REINSTATE, { actor: "Kim", reason: "paid" }, "u-1");
    expect(await runs.result(run.workflowId, 10_000)).toMatchObject({ kind: "completed" });
    expect(await versioning(run)).toEqual({ behavior: AUTO_UPGRADE, buildId: "b2" });
    expect(second.calls).toEqual(["on by Kim", "mail reinstated"]);
    await two.close();
  });

  test("where releases run side by side, a short run keeps the one that it began with", async () => {
    const { taskQueue, start, current } = deployment();
    const pinned = await bundleFlows(PINNED_FLOWS_PATH);
    expect(flowsVersion(pinned)).not.toEqual(flowsVersion(flows.bundle));
    const mailed: string[] = [];
    let proceed = (): void => {};
    const held = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const mailing = (release: string) => ({
      mailInvoice: async () => {
        mailed.push(release);
        await held;
        return { kind: "accepted" };
      },
    });
    const one = await start("b1", mailing("b1"), pinned);
    await current("b1");
    const handle = await flows.temporal.client.workflow.start("invoiceMailing", {
      workflowId: `mailing-${taskQueue}`,
      taskQueue,
      args: [{ tenantId: "T", invoiceId: randomUUID(), again: null, actor: "test" }],
    });
    await calls(mailed, "b1");
    const two = await start("b2", mailing("b2"), pinned);
    await current("b2");
    proceed();
    await handle.result();
    const run = { workflowId: handle.workflowId } as FlowRun;
    expect(await versioning(run)).toEqual({ behavior: PINNED, buildId: "b1" });
    expect(mailed).toEqual(["b1"]);
    await Promise.all([one.close(), two.close()]);
  });
});
