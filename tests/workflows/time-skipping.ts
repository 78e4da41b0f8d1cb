import { Connection, type TestService } from "@temporalio/client";
import { InternalConnectionOptionsSymbol } from "@temporalio/client/lib/connection.js";
import type { WorkflowBundleWithSourceMap } from "@temporalio/worker";
import { spawn, type ChildProcess } from "node:child_process";
import { randomInt, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createTemporalClient, type TemporalClient } from "#adapters/temporal/client.ts";
import {
  bundleFlows,
  connectWorker,
  createFlowsWorker,
  installTemporalRuntime,
} from "#adapters/temporal/worker.ts";
import { SEARCH_ATTRIBUTES } from "#domain/flows/search-attributes.ts";
import { derivePayloadKey } from "#platform/payload-keys.ts";
import { isFree } from "../../scripts/ports.ts";
import { findOnPath } from "../../scripts/servers/run-command.ts";
import { installTestServer, testServerCommand } from "../../scripts/servers/temporal-test-server.ts";
import { progress } from "../../scripts/terminal.ts";

/**
 * A Temporal server of this test file's own whose clock is the test's: thirty days pass in a second. Its time goes as ours does until a
 * test lets it skip, so that nothing falls due before a test has sent its signals. It knows no Schedules. It skips no more once a
 * flow waits for a worker that is not there, was terminated at work, or ends after its parent (https://github.com/temporalio/sdk-typescript/issues/1101):
 * give every queue a worker and let flows end, or start a server for each test. A timer that falls due while its flow cancels it stops the flow
 * (https://github.com/temporalio/sdk-java/issues/3088): let time pass to a moment at which nothing is due.
 */
export interface TimeSkipping {
  readonly temporal: TemporalClient;
  /** Runs `work` while a worker with these activities polls a queue, a fresh one where none is named. */
  withWorker<Result>(
    activities: object,
    work: (taskQueue: string) => Promise<Result>,
    taskQueue?: string,
  ): Promise<Result>;
  /**
   * While `work` lasts, the clock jumps to the next timer, time-out or retry whenever no workflow and no activity is at work: a flow that then
   * waits for a signal is soon at the end of its ten years. For the end of a flow; anything before it is reached by `pass`.
   */
  skipping<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Lets exactly so many milliseconds go by; what falls due in them has begun when it resolves, not ended. */
  pass(milliseconds: number): Promise<void>;
  /** Epoch ms of the server's clock, as workflows see it. An activity sees the machine's. */
  now(): Promise<number>;
  close(): Promise<void>;
}

const NAMESPACE = "default";

/** Once a test file, however many servers it starts. */
let bundling: Promise<WorkflowBundleWithSourceMap> | undefined;

/** Call it in beforeAll and close it in afterAll: tests of one file share the clock. */
export async function startTimeSkipping(): Promise<TimeSkipping> {
  installTemporalRuntime();
  await installTestServer(progress);
  const address = `127.0.0.1:${await freePort()}`;
  const server = await startServer(address);
  const control = await connectControl(address);
  const testService = requireTestService(control);
  await addSearchAttributes(control);
  const payloadKeys = [derivePayloadKey("a test's own")];
  const config = { address, namespace: NAMESPACE, uiUrl: "http://127.0.0.1", payloadKeys };
  const temporal = createTemporalClient(config);
  const connection = await connectWorker(address);
  bundling ??= bundleFlows();
  const bundle = await bundling;
  return {
    temporal,
    async withWorker(activities, work, taskQueue = `test-${randomUUID()}`) {
      const worker = await createFlowsWorker({
        connection,
        namespace: NAMESPACE,
        payloadKeys,
        activities,
        taskQueue,
        workflowBundle: bundle,
      });
      const running = worker.run();
      try {
        return await work(taskQueue);
      } finally {
        await worker.close();
        await running;
      }
    },
    async skipping(work) {
      await testService.unlockTimeSkipping({});
      try {
        return await work();
      } finally {
        await testService.lockTimeSkipping({});
      }
    },
    async pass(milliseconds) {
      const duration = { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1e6 };
      await testService.unlockTimeSkippingWithSleep({ duration: duration as never });
    },
    async now() {
      const { time } = await testService.getCurrentTime({});
      return Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6);
    },
    async close() {
      await connection.close();
      await temporal.close();
      await control.close();
      await stopServer(server);
    },
  };
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 30_000);
    if (await isFree(port)) return port;
  }
}

/** It ends with this process, however that ends. */
async function startServer(address: string): Promise<ChildProcess> {
  const { file, args } = await testServerCommand(Number(address.split(":")[1]));
  const guard = findOnPath("setpriv");
  const command = guard === undefined ? [file, ...args] : [guard, "--pdeathsig", "KILL", file, ...args];
  const [program = file, ...rest] = command;
  const server = spawn(program, rest, { stdio: "ignore" });
  const kill = (): boolean => server.kill("SIGKILL");
  process.once("exit", kill);
  server.once("exit", () => process.off("exit", kill));
  await once(server, "spawn");
  return server;
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill("SIGKILL");
  await once(server, "exit");
}

/** How long the server may take to answer; it needs a second on an idle machine. */
const START_MS = 60_000;

async function connectControl(address: string): Promise<Connection> {
  const options = {
    address,
    connectTimeout: "1s",
    [InternalConnectionOptionsSymbol]: { supportsTestService: true },
  };
  const end = Date.now() + START_MS;
  for (;;) {
    try {
      return await Connection.connect(options);
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** temporal.api.enums.v1.IndexedValueType */
const INDEXED_VALUE_TYPES = { KEYWORD: 2, INT: 3 } as const;

/** It takes new ones but cannot list those that it has (temporal-config/apply.ts asks first). */
async function addSearchAttributes({ operatorService }: Connection): Promise<void> {
  const types = SEARCH_ATTRIBUTES.map(({ name, type }) => [name, INDEXED_VALUE_TYPES[type]]);
  await operatorService.addSearchAttributes({
    namespace: NAMESPACE,
    searchAttributes: Object.fromEntries(types),
  });
}

function requireTestService({ testService }: Connection): TestService {
  if (testService === undefined) throw new Error("this release of Temporal's client knows no test service");
  return testService;
}
