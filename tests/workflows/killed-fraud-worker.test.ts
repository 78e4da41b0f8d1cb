import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createFraudAlerts } from "#adapters/temporal/fraud-alerts.ts";
import { DECIDE, fraudCaseWorkflowId } from "#workflows/fraud-case/api.ts";
import { testAllVariable } from "../../scripts/test-environment.ts";
import { attachFlowsEnvironment, type FlowsEnvironment } from "./flows-environment.ts";
import { alertOf, scriptedFraud } from "./scripted-fraud.ts";

let flows: FlowsEnvironment;
beforeAll(async () => {
  flows = await attachFlowsEnvironment();
});
afterAll(() => flows.close());

const ALL = ["openCase", "freezeDestinations", "gatherEvidence"] as const;
/** Each takes as long as the step's own limit of 15 or 60 s, after which the server gives it to another worker. */
const steps = process.env[testAllVariable] === "1" ? ALL : (["freezeDestinations"] as const);

test.each(steps)(
  "killed with -9 in the middle of %s, the case goes on in another process and asks a person",
  async (step) => {
    const taskQueue = `test-${randomUUID()}`;
    const script = fileURLToPath(new URL("./hanging-fraud-worker.ts", import.meta.url));
    const worker = spawn(process.execPath, [script, taskQueue, step], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const alert = alertOf();
    await createFraudAlerts(flows.temporal, taskQueue).deliver(alert);
    await once(worker.stdout, "data");
    worker.kill("SIGKILL");
    await once(worker, "exit");
    const { activities, calls } = scriptedFraud();
    const flow = flows.temporal.client.workflow.getHandle(fraudCaseWorkflowId(alert));
    await flows.withWorker(
      activities,
      async () => {
        while (!calls.includes("ask support")) await new Promise((resolve) => setTimeout(resolve, 50));
        const decision = { caseId: "FC-2026-000001", decision: "release", actor: "Kim", reason: "a drill" };
        await flow.executeUpdate(DECIDE, { args: [decision] });
        await flow.result();
      },
      taskQueue,
    );
    const begun = ["openCase", "freeze 3712000", "gatherEvidence", "ask support"];
    expect(calls.slice(0, begun.length - ALL.indexOf(step))).toEqual(begun.slice(ALL.indexOf(step)));
    expect(calls.filter((call) => call === "releaseDestinations")).toHaveLength(1);
  },
  120_000,
);
