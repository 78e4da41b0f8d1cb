import type { WorkflowHandle } from "@temporalio/client";
import type { History } from "@temporalio/common/lib/proto-utils.js";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleFlows, FLOWS_PATH } from "#adapters/temporal/worker.ts";
import type { TaskQueue } from "#workflows/task-queues.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";
import type { Boundary } from "./boundary.ts";
import { openFlowBooks, type FlowBooks } from "./flow-books.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-processes.ts";

/** A worker that died within a run's own task is missed after it. */
const TASK_MS = 2_000;

type HistoryEvent = NonNullable<History["events"]>[number];

export type Flow = WorkflowHandle;

/** One run of a flow, ready to be started, and what it must have done. */
export interface FlowRun {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly args: readonly unknown[];
  /** What happens to it from outside while it runs; it may be killed at any time. */
  act?(flow: Flow, taskQueue: string): Promise<void>;
  /** What stands in books, mailboxes and at providers afterwards, without the names of this run: the same for each. */
  effects(flow: Flow): Promise<object>;
}

/** A flow whose workers are killed. */
export interface CrashedFlow {
  readonly flow: string;
  readonly queue: TaskQueue;
  /** What effects() must answer, wherever its worker died. */
  readonly expected: object;
  /** Killed in the short run too: where money, numbers or service move. */
  readonly sample: readonly Boundary[];
  prepare(world: CrashWorld): Promise<FlowRun>;
}

export interface RanFlow {
  readonly run: FlowRun;
  readonly flow: Flow;
  /** Its activities in the order of its history, those within its own task by their markers. */
  readonly activities: readonly string[];
}

/** The servers and processes of the shared environment, with worker processes beside them that may be killed. */
export interface CrashWorld extends FlowBooks {
  /** Runs a flow to its end; where a boundary is given, its worker is killed there, and another one goes on. */
  run(crashed: CrashedFlow, boundary: Boundary | null): Promise<RanFlow>;
}

export async function attachCrashWorld(): Promise<CrashWorld> {
  const environment = await attachTestEnvironment();
  const { variables } = environment;
  const folder = mkdtempSync(join(tmpdir(), "catalyst-crashes-"));
  const bundlePath = join(folder, "flows.js");
  writeFileSync(bundlePath, (await swiftFlows()).code);
  const books = await openFlowBooks(environment);
  const heir = await startWorkerProcess(variables);
  let spare = startWorkerProcess(variables);

  const world: CrashWorld = {
    ...books,
    async run(crashed, boundary) {
      const run = await crashed.prepare(world);
      const taskQueue = `crash-${randomUUID()}`;
      const order = { serve: taskQueue, queue: crashed.queue, bundlePath };
      const doomed = boundary === null ? null : await spare;
      if (doomed === null) await heir.serve({ ...order, dies: null });
      else {
        spare = startWorkerProcess(variables);
        await doomed.serve({ ...order, dies: boundary });
      }
      const flow = await books.temporal.client.workflow.start(run.workflowType, {
        workflowId: run.workflowId,
        taskQueue,
        args: [...run.args],
        workflowTaskTimeout: TASK_MS,
      });
      const acted = Promise.resolve(run.act?.(flow, taskQueue));
      const ended = Promise.all([flow.result(), acted]);
      ended.catch(() => {});
      if (doomed !== null) {
        await diedBefore(doomed, ended);
        await heir.serve({ ...order, dies: null });
      }
      await ended;
      await heir.stop(taskQueue);
      return { run, flow, activities: await activitiesOf(flow) };
    },
    async close() {
      heir.kill();
      (await spare).kill();
      await books.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}

/** The flows as they are, but that a worker that died is soon missed. */
function swiftFlows(): Promise<{ readonly code: string }> {
  return bundleFlows(FLOWS_PATH, [fileURLToPath(new URL("./swift-timeouts.ts", import.meta.url))]);
}

async function diedBefore(doomed: WorkerProcess, ended: Promise<unknown>): Promise<void> {
  const first = await Promise.race([
    doomed.gone,
    ended.then(
      () => "ended",
      () => "ended",
    ),
  ]);
  if (first === "SIGKILL") return;
  doomed.kill();
  throw new Error(first === "ended" ? "was never reached" : "its worker ended by itself");
}

async function activitiesOf(flow: Flow): Promise<string[]> {
  const { events } = await flow.fetchHistory();
  return (events ?? []).flatMap((event) => {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name ?? localActivityOf(event);
    return typeof name === "string" ? [name] : [];
  });
}

/** Its name is in a marker that the SDK writes (temporalio/sdk-core, crates/sdk-core/src/protosext). */
function localActivityOf({ markerRecordedEventAttributes: marker }: HistoryEvent): unknown {
  if (marker?.markerName !== "core_local_activity") return undefined;
  const [data] = marker.details?.["data"]?.payloads ?? [];
  return (JSON.parse(Buffer.from(data?.data ?? []).toString()) as { activity_type?: unknown }).activity_type;
}
