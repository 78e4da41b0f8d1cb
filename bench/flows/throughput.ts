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
import { byTurns, inLanes, type Throughput } from "../turns.ts";
import { makeCurrent } from "#adapters/temporal/worker-versions.ts";

const FLOW_PATH = fileURLToPath(new URL("./one-activity.ts", import.meta.url));
const FLOW = "oneActivity";

/** Flows that are under way at a time: enough to keep two cores busy. */
const AT_ONCE = 50;
/** Some 200 bytes, as much as a flow of the product is given. */
const INPUT = "x".repeat(200);
const WARM_UP = 100;
const ROUNDS = 6;

const activities = { echo: async (text: string) => text };

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
  try {
    for (const side of Object.values(sides)) await execute(side, WARM_UP);
    const each = Math.ceil(flows / ROUNDS);
    return await byTurns(
      { product: () => execute(sides.product, each), bare: () => execute(sides.bare, each) },
      ROUNDS,
      (round) =>
        progress(`round ${round} of ${ROUNDS}: ${each} flows with encryption, ${each} with the bare SDK …`),
    );
  } finally {
    for (const side of Object.values(sides)) await side.close();
  }
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
    workflowBundle: await bundleFlows(FLOW_PATH),
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

function execute({ client, taskQueue }: Side, count: number): Promise<Throughput> {
  return inLanes(count, AT_ONCE, async () => {
    const workflowId = `${taskQueue}-${randomUUID()}`;
    return (await client.workflow.execute(FLOW, { workflowId, taskQueue, args: [INPUT] })) === INPUT;
  });
}
