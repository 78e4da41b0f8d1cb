import { isGrpcServiceError } from "@temporalio/client";
import type { WorkerDeploymentVersion } from "@temporalio/common";
import type { WorkflowBundleWithSourceMap } from "@temporalio/worker";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { onTemporal, type TemporalClient } from "./client.ts";

/** Every worker of flows, whatever its queue: one release is one version of it. */
export const FLOWS_DEPLOYMENT = "catalyst-flows";

const ASK_EVERY_MS = 200;
/** The server learns of a version when its workers poll for the first time. */
const REGISTERED_MS_MAX = 60_000;
/** https://grpc.io/docs/guides/status-codes/ */
const NOT_THERE_YET: readonly number[] = [5, 9]; // NOT_FOUND, FAILED_PRECONDITION

/** The release that a bundle of flows belongs to: the same code is the same version, wherever it runs. */
export function flowsVersion({ code }: Pick<WorkflowBundleWithSourceMap, "code">): WorkerDeploymentVersion {
  // The map holds the paths of this machine.
  const [executed = ""] = code.split("\n//# sourceMappingURL=", 1);
  const buildId = createHash("sha256").update(executed).digest("hex").slice(0, 16);
  return { deploymentName: FLOWS_DEPLOYMENT, buildId };
}

/**
 * Gives new runs, and those that follow the newest code, to this version; without it a version's workers get no work. Waits until its workers
 * poll every one of the queues. @throws Error when they do not within a minute; Unavailable when Temporal is away.
 */
export async function makeCurrent(
  temporal: TemporalClient,
  version: WorkerDeploymentVersion,
  taskQueues: readonly string[],
  waitMs: number = REGISTERED_MS_MAX,
): Promise<void> {
  const { workflowService } = temporal.client;
  const { namespace } = temporal.config;
  for (const deadline = Date.now() + waitMs; ; await sleep(ASK_EVERY_MS)) {
    const missing = await missingQueues(temporal, version, taskQueues);
    if (missing.length === 0) break;
    if (Date.now() > deadline)
      throw new Error(
        `${version.deploymentName} ${version.buildId} cannot become current: no worker polls ${missing.join(", ")}`,
      );
  }
  await onTemporal(() =>
    workflowService.setWorkerDeploymentCurrentVersion({
      namespace,
      ...version,
      identity: "catalyst",
      // A queue that a release gives up keeps none of its successors from becoming current.
      ignoreMissingTaskQueues: true,
    }),
  );
}

/** temporal.api.enums.v1.WorkerDeploymentVersionStatus */
const STATUSES: readonly string[] = [
  "unknown",
  "inactive",
  "current",
  "ramping",
  "draining",
  "drained",
  "created",
];

/** Releases that the server knows, with what becomes of them: `drained` ones have no run left and may be stopped. */
export async function listReleases({
  client,
  config,
}: TemporalClient): Promise<{ readonly buildId: string; readonly status: string }[]> {
  const found = await onTemporal(() =>
    client.workflowService.describeWorkerDeployment({
      namespace: config.namespace,
      deploymentName: FLOWS_DEPLOYMENT,
    }),
  ).catch((error: unknown) => {
    if (isGrpcServiceError(error) && NOT_THERE_YET.includes(error.code)) return null;
    throw error;
  });
  return (found?.workerDeploymentInfo?.versionSummaries ?? []).map(({ deploymentVersion, status }) => ({
    buildId: deploymentVersion?.buildId ?? "",
    status: STATUSES[status ?? 0] ?? "unknown",
  }));
}

async function missingQueues(
  { client, config }: TemporalClient,
  version: WorkerDeploymentVersion,
  taskQueues: readonly string[],
): Promise<string[]> {
  try {
    const { versionTaskQueues } = await onTemporal(() =>
      client.workflowService.describeWorkerDeploymentVersion({
        namespace: config.namespace,
        deploymentVersion: version,
      }),
    );
    const polled = new Set((versionTaskQueues ?? []).map(({ name }) => name));
    return taskQueues.filter((queue) => !polled.has(queue));
  } catch (error) {
    if (isGrpcServiceError(error) && NOT_THERE_YET.includes(error.code)) return [...taskQueues];
    throw error;
  }
}
