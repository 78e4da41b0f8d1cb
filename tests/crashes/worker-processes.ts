import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ServeOrder, WorkerAnswer, WorkerOrder } from "./boundary.ts";

/** A process that works for queues (worker.ts). */
export interface WorkerProcess {
  /** Resolves when it polls. */
  serve(order: ServeOrder): Promise<void>;
  stop(taskQueue: string): Promise<void>;
  /** Resolves when the process is gone, however that came. */
  readonly gone: Promise<NodeJS.Signals | null>;
  kill(): void;
}

const SCRIPT = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** Resolves when it can be told to serve, a few seconds after its start. */
export async function startWorkerProcess(
  variables: Readonly<Record<string, string>>,
): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [SCRIPT], {
    env: { ...process.env, ...variables, LOG_LEVEL: "error" },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const gone = once(child, "exit").then(([, signal]) => signal as NodeJS.Signals | null);
  await answered(child, gone, (answer) => "ready" in answer);
  const ask = async (order: WorkerOrder, name: string): Promise<void> => {
    const done = answered(child, gone, (answer) => "done" in answer && answer.done === name);
    child.send(order);
    await done;
  };
  return {
    gone,
    serve: (order) => ask(order, order.serve),
    stop: (taskQueue) => ask({ stop: taskQueue }, taskQueue),
    kill: () => void child.kill("SIGKILL"),
  };
}

async function answered(
  child: ChildProcess,
  gone: Promise<unknown>,
  wanted: (answer: WorkerAnswer) => boolean,
): Promise<void> {
  let listener: (answer: WorkerAnswer) => void = () => {};
  const told = new Promise<"told">((resolve) => {
    listener = (answer) => {
      if (wanted(answer)) resolve("told");
    };
    child.on("message", listener);
  });
  const first = await Promise.race([told, gone]);
  child.off("message", listener);
  if (first !== "told") throw new Error("the worker process ended before it answered");
}
