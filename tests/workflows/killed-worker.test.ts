import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { testAllVariable } from "../../scripts/test-environment.ts";
import {
  attachFlowsEnvironment,
  onboardingOf,
  scriptedActivities,
  type FlowsEnvironment,
} from "./flows-environment.ts";

let flows: FlowsEnvironment;
beforeAll(async () => {
  flows = await attachFlowsEnvironment();
});
afterAll(() => flows.close());

/** Each takes as long as the step's own limit of 15 s, after which the server gives it to another worker. */
const steps =
  process.env[testAllVariable] === "1"
    ? ["createTenant", "attachRateCard", "scheduleInvoices", "activateTenant"]
    : ["createTenant"];

test.each(steps)(
  "killed with -9 in the middle of %s, the onboarding goes on in another process",
  async (step) => {
    const taskQueue = `test-${randomUUID()}`;
    const script = fileURLToPath(new URL("./hanging-worker.ts", import.meta.url));
    const worker = spawn(process.execPath, [script, taskQueue, step], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const starter = flows.starter(taskQueue);
    const input = onboardingOf();
    await starter.onboard(input, 1);
    await once(worker.stdout, "data");
    worker.kill("SIGKILL");
    await once(worker, "exit");
    const { activities, calls } = scriptedActivities();
    const outcome = await flows.withWorker(activities, () => starter.onboard(input, 60_000), taskQueue);
    expect(outcome).toMatchObject({ kind: "completed", output: { welcomeMail: "accepted" } });
    const all = [
      "validateOnboarding",
      "createTenant",
      "attachRateCard",
      "scheduleInvoices",
      "activateTenant",
      "sendWelcomeMail",
    ];
    expect(calls).toEqual(all.slice(all.indexOf(step)));
  },
  90_000,
);
