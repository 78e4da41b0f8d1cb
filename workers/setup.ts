import { createKafka } from "#adapters/kafka/connection.ts";
import { createTopics } from "#adapters/kafka/topics.ts";
import { migrate } from "#adapters/postgres/migrate.ts";
import { createTemporalClient } from "#adapters/temporal/client.ts";
import { configureNamespace, readNeeds } from "#adapters/temporal/configure.ts";
import { systemClock } from "#domain/clock.ts";
import { readConfig } from "#platform/config/environment.ts";
import { createLogger } from "#platform/logger.ts";
import { CONTROL_TOPICS, eventTopics, topicPartitions } from "#pipeline/stages.ts";

const config = readConfig();
const logger = createLogger("setup", config.logLevel);

const applied = await migrate(config.databaseUrl, (line) => logger.debug(line));
logger.info({ applied }, "schema is current");

const created = await createTopics(createKafka(config.kafka.brokers, "catalyst-setup", logger), {
  events: topicPartitions(eventTopics(), config.kafka.partitions, config.environment),
  control: CONTROL_TOPICS,
  replicationFactor: config.kafka.replicationFactor,
});
logger.info({ created: created.length }, "topics are current");

const temporal = createTemporalClient(config.temporal);
const needs = await readNeeds(new URL("../temporal-config/", import.meta.url));
const changes = await configureNamespace(temporal, needs, systemClock);
await temporal.close();
logger.info({ changes }, "temporal is configured");
