import type { Logger as TemporalLogger, WorkerDeploymentVersion } from "@temporalio/common";
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type BundleOptions,
  type WorkerDeploymentOptions,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from "@temporalio/worker";
import { fileURLToPath } from "node:url";
import type { Closable } from "#platform/lifecycle.ts";
import type { Logger } from "#platform/logger.ts";
import type { PayloadKey } from "#platform/payload-keys.ts";
import { createDataConverter, FAILURE_CONVERTER_PATH } from "./data-converter.ts";
import { createPayloadCodec } from "./payload-codec.ts";
import { createTemporalLog } from "./log.ts";

/** Every workflow, as source: the SDK bundles it (and strips its types) when a worker starts. */
export const FLOWS_PATH = fileURLToPath(new URL("../../workflows/flows.ts", import.meta.url));

/** The same, with short flows pinned to the release that they began with. */
export const PINNED_FLOWS_PATH = fileURLToPath(new URL("../../workflows/pinned-flows.ts", import.meta.url));

/** Activities in flight at shutdown may finish; a longer one is tried again by another worker. */
const GRACE_MS = 10_000;
/** After it the SDK gives up on them: before the process's own drain ends (platform/lifecycle.ts). */
const FORCE_MS = 15_000;
/** Flows kept in memory between their steps; others are replayed from their history. Some 100 KB each. */
const CACHED_FLOWS_MAX = 500;
/** Activities at a time: they wait for servers, and the pool has eight connections. */
const ACTIVITIES_MAX = 50;

/** Once a process, before anything else of Temporal's. Signals are the process's own affair. */
export function installTemporalRuntime(logger?: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    logger: logger === undefined ? new DefaultLogger("ERROR") : createTemporalLog(logger),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: "WARN", other: "ERROR" }) },
    },
  });
}

export interface FlowsWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Those of the clients: TemporalConfig. */
  readonly payloadKeys: readonly PayloadKey[];
  /** By name, as the flows' api.ts declare them. */
  readonly activities: object;
  /** Several workers of a process share one (bundleFlows). */
  readonly workflowBundle: WorkflowBundleOption;
  readonly taskQueue: string;
  /** Kept in memory between their steps; 0: none, so that a worker that dies leaves none behind that are waited for. Default: 500. */
  readonly cachedFlowsMax?: number;
  /** The release that it belongs to; left out: it takes the work of runs that belong to none, as in tests. */
  readonly version?: WorkerDeploymentVersion;
}

export interface FlowsWorker extends Closable {
  /** Polls until `close`; rejects when the worker fails, which ends the process. */
  run(): Promise<void>;
  readonly isRunning: boolean;
}

export async function createFlowsWorker(options: FlowsWorkerOptions): Promise<FlowsWorker> {
  const { connection, namespace, activities, workflowBundle } = options;
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: options.taskQueue,
    ...(options.version === undefined ? {} : { workerDeploymentOptions: versioned(options.version) }),
    activities,
    dataConverter: createDataConverter(createPayloadCodec(options.payloadKeys)),
    workflowBundle,
    shutdownGraceTime: GRACE_MS,
    shutdownForceTime: FORCE_MS,
    maxCachedWorkflows: options.cachedFlowsMax ?? CACHED_FLOWS_MAX,
    maxConcurrentActivityTaskExecutions: ACTIVITIES_MAX,
  });
  let running: Promise<void> | undefined;
  return {
    name: `flows worker of ${options.taskQueue}`,
    run() {
      running ??= worker.run();
      return running;
    },
    get isRunning() {
      return worker.getState() === "RUNNING";
    },
    async close() {
      if (worker.getState() === "RUNNING") worker.shutdown();
      // Its failure was reported by run(); closing has nothing to add.
      await running?.catch(() => {});
    },
  };
}

/** A flow that says nothing else goes on with the newest code, which the replays of recorded histories guard. */
function versioned(version: WorkerDeploymentVersion): WorkerDeploymentOptions {
  return { version, useWorkerVersioning: true, defaultVersioningBehavior: "AUTO_UPGRADE" };
}

const nothing = (): void => {};
/** What the bundler has to say beyond the error that it throws is of no use to an operator. */
const SILENT: TemporalLogger = {
  log: nothing,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

/**
 * The flows' code, bundled once for every worker of a process.
 * @param interceptors paths of modules that stand between the flows and the SDK, as tests need.
 */
export function bundleFlows(
  workflowsPath: string = FLOWS_PATH,
  interceptors: readonly string[] = [],
): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [...interceptors],
    failureConverterPath: FAILURE_CONVERTER_PATH,
    webpackConfigHook: withLateSchemas,
    logger: SILENT,
  });
}

type WebpackConfiguration = Parameters<NonNullable<BundleOptions["webpackConfigHook"]>>[0];

/**
 * Every run evaluates its code anew. Schemas are by far the most of it, and needed by a run alone that checks what a person sent: a flow's api.ts
 * is evaluated when something of it is first used (https://swc.rs/docs/configuration/modules#lazy).
 */
function withLateSchemas(configuration: WebpackConfiguration): WebpackConfiguration {
  const late = { module: { type: "commonjs", lazy: ["./api.ts"] } };
  const rules = configuration.module?.rules?.map((rule) => {
    if (rule === null || typeof rule !== "object" || typeof rule.use !== "object" || !("loader" in rule.use))
      return rule;
    if (!rule.use.loader?.includes("swc-loader") || typeof rule.use.options !== "object") return rule;
    return { ...rule, use: { ...rule.use, options: { ...rule.use.options, ...late } } };
  });
  return { ...configuration, module: { ...configuration.module, ...(rules === undefined ? {} : { rules }) } };
}

/** A worker's connection, to be closed after the worker. @throws when the server is away: the caller tries again. */
export function connectWorker(address: string): Promise<NativeConnection> {
  return NativeConnection.connect({ address });
}
