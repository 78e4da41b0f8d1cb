import { createKafka } from "#adapters/kafka/connection.ts";
import { KafkaPublisher } from "#adapters/kafka/publisher.ts";
import { createPool, type Pool } from "#adapters/postgres/pool.ts";
import { systemClock, type Clock } from "#domain/clock.ts";
import { ConfigurationError, type Config } from "#platform/config/config.ts";
import { readConfig } from "#platform/config/environment.ts";
import { startHealthServer } from "#platform/health-server.ts";
import { Lifecycle } from "#platform/lifecycle.ts";
import { createLogger, type Logger } from "#platform/logger.ts";
import { createMetrics, type Metrics } from "#platform/metrics.ts";
import type { Kafka } from "kafkajs";

/** What every process has in its hands when its own parts are composed. */
export interface ProcessContext {
  readonly name: string;
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  readonly clock: Clock;
  readonly kafka: Kafka;
  readonly publisher: KafkaPublisher;
  readonly pool: Pool;
}

/**
 * Starts a process: configuration, logs, metrics, Kafka and PostgreSQL connections, then `compose`,
 * then readiness. A process that cannot start says why and ends with 1.
 */
export async function runProcess(
  name: string,
  compose: (context: ProcessContext) => Promise<void>,
  options: { readonly ownHealth: boolean } = { ownHealth: true },
): Promise<void> {
  const config = configOrExit();
  const logger = createLogger(name, config.logLevel);
  const metrics = createMetrics(name);
  const lifecycle = new Lifecycle(logger);
  try {
    if (options.ownHealth) lifecycle.register(await startHealthServer(config.healthPort, lifecycle, metrics));
    const kafka = createKafka(config.kafka.brokers, `catalyst-${name}`, logger);
    const pool = createPool(config.databaseUrl, `catalyst-${name}`);
    lifecycle.register({ name: "postgres", close: () => pool.end() });
    const publisher = new KafkaPublisher(kafka);
    await publisher.connect();
    lifecycle.register(publisher);
    await compose({ name, config, logger, metrics, lifecycle, clock: systemClock, kafka, publisher, pool });
    lifecycle.markReady();
  } catch (error) {
    logger.fatal({ err: error }, "could not start");
    process.exit(1);
  }
}

/** Says what is wrong with the configuration and ends the process with 78 (EX_CONFIG). */
export function configOrExit(): Config {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(78);
  }
}
