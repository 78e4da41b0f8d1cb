import { Client, Connection } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createTemporalClient, type TemporalConfig } from "#adapters/temporal/client.ts";
import {
  bundleFlows,
  connectWorker,
  createFlowsWorker,
  installTemporalRuntime,
} from "#adapters/temporal/worker.ts";
import { makeCurrent } from "#adapters/temporal/worker-versions.ts";

const FLOW_PATH = fileURLToPath(new URL("./one-activity.ts", import.meta.url));
const FLOW = "oneActivity";

/** Flows that are under way at a time: enough to keep two cores busy. */
const AT_ONCE = 50;
/** Some 200 bytes, as much as a flow of the product is given. */
const INPUT = "x".repeat(200);
const WARM_UP = 100;
/** Both sides by turns, so that what the machine does meanwhile falls on both. */
const ROUNDS = 6;

const activities = { echo: async (text: string) => text };
const nothing = (): void => {};
const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

export interface Throughput {
  readonly perSecond: number;
  /** Milliseconds from the start of a flow to its result, ascending. */
  readonly latencies: readonly number[];
  /** Flows that answered something else, or nothing. */
  readonly lost: number;
}

interface Side {
  readonly client: Client;
  readonly taskQueue: string;
  close(): Promise<void>;
}

/** The same flow through the product's client and worker (encrypted, versioned) and through the SDK as it comes. */
export async function throughput(
  config: TemporalConfig,
  flows: number,
  progress: (line: string) => void,
): Promise<{ readonly product: Throughput; readonly bare: Throughput }> {
  installTemporalRuntime();
  const sides = { product: await productSide(config), bare: await bareSide(config) };
  const runs: { readonly [Name in keyof typeof sides]: Throughput[] } = { product: [], bare: [] };
  try {
    for (const side of Object.values(sides)) await execute(side, WARM_UP);
    const each = Math.ceil(flows / ROUNDS);
    for (let round = 1; round <= ROUNDS; round += 1) {
      progress(`round ${round} of ${ROUNDS}: ${each} flows with encryption, ${each} with the bare SDK …`);
      // Who comes first changes: the second of a round finds a larger database.
      const order = round % 2 === 0 ? (["bare", "product"] as const) : (["product", "bare"] as const);
      for (const name of order) runs[name].push(await execute(sides[name], each));
    }
  } finally {
    for (const side of Object.values(sides)) await side.close();
  }
  return { product: merged(runs.product), bare: merged(runs.bare) };
}

async function productSide(config: TemporalConfig): Promise<Side> {
  const { address, namespace, payloadKeys } = config;
  const taskQueue = `bench-${randomUUID()}`;
  const temporal = createTemporalClient(config);
  const connection = await connectWorker(address);
  const version = { deploymentName: taskQueue, buildId: "bench" };
  const worker = await createFlowsWorker({
    connection,
    namespace,
    payloadKeys,
    activities,
    taskQueue,
    version,
    workflowBundle: await bundleFlows(silent, FLOW_PATH),
  });
  const running = worker.run();
  await makeCurrent(temporal, version, [taskQueue]);
  return {
    client: temporal.client,
    taskQueue,
    async close() {
      await worker.close();
      await running;
      await connection.close();
      await temporal.close();
    },
  };
}

async function bareSide({ address, namespace }: TemporalConfig): Promise<Side> {
  const taskQueue = `bench-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue,
    activities,
    workflowsPath: FLOW_PATH,
  });
  const running = worker.run();
  return {
    client: new Client({ connection, namespace }),
    taskQueue,
    async close() {
      worker.shutdown();
      await running;
      await native.close();
      await connection.close();
    },
  };
}

async function execute({ client, taskQueue }: Side, count: number): Promise<Throughput> {
  const latencies: number[] = [];
  let [left, lost] = [count, 0];
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const from = performance.now();
      const answer: unknown = await client.workflow
        .execute(FLOW, { workflowId: `${taskQueue}-${left}-${from}`, taskQueue, args: [INPUT] })
        .catch(() => null);
      latencies.push(performance.now() - from);
      if (answer !== INPUT) lost += 1;
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const seconds = (performance.now() - from) / 1000;
  return { perSecond: count / seconds, latencies, lost };
}

function merged(rounds: readonly Throughput[]): Throughput {
  const count = rounds.reduce((sum, { latencies }) => sum + latencies.length, 0);
  const seconds = rounds.reduce((sum, { latencies, perSecond }) => sum + latencies.length / perSecond, 0);
  return {
    perSecond: count / seconds,
    latencies: rounds.flatMap(({ latencies }) => latencies).sort((left, right) => left - right),
    lost: rounds.reduce((sum, { lost }) => sum + lost, 0),
  };
}
