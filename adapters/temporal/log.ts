import type { Logger as TemporalLogger } from "@temporalio/common";
import type { Logger } from "#platform/logger.ts";

/**
 * The SDK's log in the process's own form. Its routine messages are details here: at `info` a worker would write several lines for every
 * activity. Only names are taken of what the SDK attaches: its objects may hold a flow's input.
 */
export function createTemporalLog(logger: Logger): TemporalLogger {
  const log = logger.child({ component: "temporal" });
  const facts = (meta: Record<string | symbol, unknown> | undefined): Record<string, unknown> => {
    const { workflowId, workflowType, activityType, attempt, taskQueue, error, reason } = meta ?? {};
    return { workflowId, workflowType, activityType, attempt, taskQueue, reason, error: messageOf(error) };
  };
  return {
    log(level, message, meta) {
      this[level.toLowerCase() as "info"](message, meta);
    },
    trace: (message, meta) => log.trace(facts(meta), message),
    debug: (message, meta) => log.trace(facts(meta), message),
    info: (message, meta) => log.debug(facts(meta), message),
    warn: (message, meta) => log.warn(facts(meta), message),
    error: (message, meta) => log.error(facts(meta), message),
  };
}

function messageOf(error: unknown): string | undefined {
  return error instanceof Error ? `${error.name}: ${error.message}` : undefined;
}
