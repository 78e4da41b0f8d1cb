import { Kafka, logLevel, type LogEntry } from "kafkajs";
import type { Logger } from "#platform/logger.ts";
import { letIdleConnectionsRest } from "./request-queue.ts";

/**
 * The Kafka client of a process. kafkajs retries a request itself only briefly: lasting absence is
 * the caller's to see (Unavailable), so that there is one retry layer.
 */
export function createKafka(brokers: readonly string[], clientId: string, logger: Logger): Kafka {
  letIdleConnectionsRest();
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 4 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => forward(logger, entry),
  });
}

function forward(logger: Logger, { namespace, level, log }: LogEntry): void {
  const { message, error, groupId } = log as { message: string; error?: string; groupId?: string };
  const record = { library: "kafkajs", namespace, error, groupId };
  if (level === logLevel.ERROR) logger.warn(record, message);
  else logger.debug(record, message);
}
