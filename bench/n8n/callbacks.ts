import type { TemporalConfig } from "#adapters/temporal/client.ts";
import {
  bundleFlows,
  connectWorker,
  createFlowsWorker,
  installTemporalRuntime,
} from "#adapters/temporal/worker.ts";
import { flowsVersion } from "#adapters/temporal/worker-versions.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";

/** Works for the queue `callbacks` alone: runs that are waited for begin, and none of them goes on. */
export async function startCallbacksWorker({
  address,
  namespace,
  payloadKeys,
}: TemporalConfig): Promise<{ close(): Promise<void> }> {
  installTemporalRuntime();
  const connection = await connectWorker(address);
  const workflowBundle = await bundleFlows();
  const worker = await createFlowsWorker({
    connection,
    namespace,
    payloadKeys,
    taskQueue: TASK_QUEUES.callbacks,
    workflowBundle,
    version: flowsVersion(workflowBundle),
    activities: {},
  });
  const running = worker.run();
  return {
    async close() {
      await worker.close();
      await running;
      await connection.close();
    },
  };
}
