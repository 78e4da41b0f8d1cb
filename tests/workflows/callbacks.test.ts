import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createFlowRuns } from "#adapters/temporal/flow-runs.ts";
import { Unavailable } from "#domain/errors.ts";
import type { FlowRun, FlowRuns, StartRequest } from "#domain/flows/runs.ts";
import { REINSTATE, suspensionFlow, type SuspensionInput } from "#workflows/suspension/api.ts";
import { callbackActivities } from "./callback-activities.ts";
import { attachFlowsEnvironment, type FlowsEnvironment } from "./flows-environment.ts";
import { scriptedBilling, suspensionOf } from "./scripted-billing.ts";

let flows: FlowsEnvironment;
beforeAll(async () => {
  flows = await attachFlowsEnvironment();
});
afterAll(() => flows.close());

/** Waits as n8n does: by what it answers. The last answer is given ever after. */
let waiting: Server;
let answers: readonly (readonly [status: number, message: string])[];
let told: { readonly body: Record<string, unknown>; readonly id: string | undefined }[];
let onTold: (() => void) | null;
beforeEach(async () => {
  [answers, told, onTold] = [[[200, ""]], [], null];
  waiting = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      told.push({ body, id: request.headers["webhook-id"] as string | undefined });
      const [status, message] = answers[Math.min(told.length, answers.length) - 1]!;
      response.writeHead(status).end(JSON.stringify({ code: status, message }));
      onTold?.();
    });
  });
  waiting.listen(0, "127.0.0.1");
  await once(waiting, "listening");
});
afterEach(async () => {
  waiting.closeAllConnections();
  waiting.close();
  await once(waiting, "close");
});

const urlOf = (): string => `http://127.0.0.1:${(waiting.address() as AddressInfo).port}/webhook-waiting/7`;

/** Resolves with the call that is the `count`th. */
async function toldTimes(count: number): Promise<(typeof told)[number]> {
  while (told.length < count)
    await new Promise<void>((resolve) => {
      onTold = resolve;
    });
  return told[count - 1]!;
}

const requestOf = (change: Partial<StartRequest> = {}): StartRequest => ({
  requestId: randomUUID(),
  n8nExecutionId: null,
  callbackUrl: urlOf(),
  ...change,
});

interface World {
  readonly runs: FlowRuns;
  readonly input: SuspensionInput;
  start(request: StartRequest): ReturnType<FlowRuns["start"]>;
  reinstate(run: FlowRun): Promise<unknown>;
}

async function withWorld(work: (world: World) => Promise<void>): Promise<void> {
  const activities = { ...scriptedBilling().activities, ...callbackActivities(flows.temporal) };
  await flows.withWorker(activities, async (_starter, taskQueue) => {
    const runs = createFlowRuns(flows.temporal, taskQueue);
    const input = suspensionOf({ cause: "person", walletId: null });
    await work({
      runs,
      input,
      start: (request) => runs.start(suspensionFlow, input, "owner", request),
      reinstate: (run) => runs.update(run, REINSTATE, { actor: "Kim", reason: "paid" }, randomUUID()),
    });
  });
}

describe("a start with a callback", () => {
  test("is the same start with the same request, joins a run that goes on, and everybody who asked is told once", async () => {
    await withWorld(async ({ start, reinstate, input }) => {
      const request = requestOf();
      const first = await start(request);
      const again = await start(request);
      const joined = await start(requestOf());
      expect([first.kind, again.kind, joined.kind]).toEqual(["started", "started", "running"]);
      expect([again.run.runId, joined.run.runId]).toEqual([first.run.runId, first.run.runId]);
      await reinstate(first.run);
      await toldTimes(2);
      const { runId, workflowId, url } = first.run;
      for (const { body } of told)
        expect(body).toMatchObject({
          workflow_id: workflowId,
          run_id: runId,
          workflow: "suspension",
          status: "completed",
          result: { result: "reinstated", by: "Kim" },
          failure: null,
          link: url,
        });
      expect(new Set(told.map(({ id }) => id)).size).toBe(2);
      // After its end, too: nothing is started, and nobody told.
      expect(await start(request)).toMatchObject({ kind: "started", run: { runId, status: "completed" } });
      expect(told).toHaveLength(2);
      expect(input.tenantId).toBe(first.run.tenantId);
    });
  });

  test("is told of a run that is terminated, and of one that is reset only when that has ended", async () => {
    await withWorld(async ({ start, runs, reinstate }) => {
      const { run } = await start(requestOf());
      await suspended(runs, run);
      expect(await runs.reset(run, "first", "the outage is over")).toMatchObject({ kind: "done" });
      const fresh = (await runs.describe(run.workflowId)) as FlowRun;
      await suspended(runs, fresh);
      await reinstate(fresh);
      expect((await toldTimes(1)).body).toMatchObject({ run_id: run.runId, status: "completed" });
      const other = await start(requestOf());
      await runs.terminate(other.run, "a mistake");
      expect((await toldTimes(2)).body).toMatchObject({
        run_id: other.run.runId,
        status: "terminated",
        result: null,
        failure: { type: "TerminatedFailure" },
      });
    });
  });

  test("waits until n8n has put the execution to wait, and takes its word that it has ended", async () => {
    answers = [
      [409, "The execution 7 is running already."],
      [404, "Could not find node to process webhook."],
      [409, "The execution 7 has finished already."],
    ];
    await withWorld(async ({ start, reinstate, runs }) => {
      const request = requestOf();
      const { run } = await start(request);
      await reinstate(run);
      await toldTimes(3);
      expect(await runs.result(`result-${run.workflowId}-${request.requestId}`, 10_000)).toEqual({
        kind: "completed",
        output: { result: "over", status: "completed" },
      });
    });
  });

  test("calls no address of this network that is not allowed", async () => {
    await withWorld(async ({ start, reinstate, runs }) => {
      const request = requestOf({ callbackUrl: "http://10.0.0.1/webhook-waiting/7" });
      const { run } = await start(request);
      await reinstate(run);
      expect(await runs.result(`result-${run.workflowId}-${request.requestId}`, 10_000)).toMatchObject({
        kind: "failed",
        type: "CallbackGivenUp",
      });
    });
  });

  test("outlives kill -9 of the worker that was about to tell, and whoever waits is told once", async () => {
    const taskQueue = `test-${randomUUID()}`;
    const script = fileURLToPath(new URL("./hanging-callback-worker.ts", import.meta.url));
    const worker = spawn(process.execPath, [script, taskQueue], { stdio: ["ignore", "pipe", "inherit"] });
    const runs = createFlowRuns(flows.temporal, taskQueue);
    const input = suspensionOf({ cause: "person", walletId: null });
    const request = requestOf();
    try {
      const { run } = await startedAtLast(() => runs.start(suspensionFlow, input, "owner", request));
      await runs.update(run, REINSTATE, { actor: "Kim", reason: "paid" }, "u-1");
      await once(worker.stdout, "data");
    } finally {
      worker.kill("SIGKILL");
      await once(worker, "exit");
    }
    expect(told).toEqual([]);
    const activities = { ...scriptedBilling().activities, ...callbackActivities(flows.temporal) };
    await flows.withWorker(
      activities,
      async () => {
        expect((await toldTimes(1)).body).toMatchObject({ workflow: "suspension", status: "completed" });
      },
      taskQueue,
    );
    expect(told).toHaveLength(1);
  }, 120_000);
});

/** Until the worker is there, a start says that it is not known yet what became of it; the same again is the same. */
async function startedAtLast<Started>(start: () => Promise<Started>): Promise<Started> {
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
    }
  }
}

async function suspended(runs: FlowRuns, run: FlowRun): Promise<void> {
  for (;;) {
    const state = await runs.query(run, "state");
    if (state.kind === "done" && (state.output as { status: string }).status === "suspended") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
