import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../paths.ts";
import { javaPrerequisite, requireJava } from "./java.ts";
import { fetchJars, mavenPrerequisite } from "./maven.ts";
import { probe } from "./probe.ts";
import { lastLines, runCommand } from "./run-command.ts";
import type { Command, InstallOptions, Prerequisite, Server, ServerContext } from "./server.ts";

const version = "4.3.1";
const jars = join(cacheDirectory, `kafka-${version}`);

async function prerequisites(): Promise<readonly Prerequisite[]> {
  const java = await javaPrerequisite();
  const cached = existsSync(jars);
  const broker: Prerequisite = {
    name: "Kafka",
    version,
    path: jars,
    state: cached ? "cached" : "brought",
    remedy: "brought by Maven at the first ./catalyst up",
  };
  return cached ? [java, broker] : [java, mavenPrerequisite(), broker];
}

async function install({ progress }: InstallOptions): Promise<void> {
  const source = "org.apache.kafka:kafka_2.13, about 45 MB";
  await fetchJars({ title: "Kafka", version, source, pom: "kafka-pom.xml", folder: jars }, progress);
}

function javaArguments(maximumHeap: string): string[] {
  return [
    "-Xms128m",
    `-Xmx${maximumHeap}`,
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:+ExitOnOutOfMemoryError", // half a broker is worse than none: the supervisor starts another
    "-Djava.awt.headless=true",
    `-Dlog4j2.configurationFile=${join(import.meta.dirname, "kafka-log4j2.properties")}`,
    "-cp",
    join(jars, "*"),
  ];
}

/** One node that is broker and controller, sized for two cores that it shares with everything else. */
function properties({ directory, ports }: ServerContext): string {
  return `${Object.entries({
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${ports.kafkaController}`,
    listeners: `PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${ports.kafka}`,
    "controller.listener.names": "CONTROLLER",
    "log.dirs": join(directory, "data"),
    "auto.create.topics.enable": false,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "num.replica.fetchers": 1,
    "num.recovery.threads.per.data.dir": 2,
    "background.threads": 2,
    "group.coordinator.threads": 1,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "offsets.topic.num.partitions": 8,
    // Small segments are compacted while the broker runs: what it reads before it coordinates groups again after a kill stays short.
    "offsets.topic.segment.bytes": 1_048_576,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 2,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 2,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "default.replication.factor": 1,
    "min.insync.replicas": 1,
    "log.segment.bytes": 134_217_728,
    "log.retention.hours": 72,
    "log.cleaner.dedupe.buffer.size": 33_554_432,
    "message.max.bytes": 4_194_304,
    "socket.send.buffer.bytes": 1_048_576,
    "socket.receive.buffer.bytes": 1_048_576,
    // After a kill the broker may register again only when its old session has ended: a restart takes this much longer.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
  })
    .map(([key, value]) => `${key}=${value}`)
    .join("\n")}\n`;
}

/** Formats the storage once; the configuration is written anew at every start, since ports may change. */
async function prepare(context: ServerContext): Promise<void> {
  mkdirSync(context.directory, { recursive: true });
  const configuration = join(context.directory, "server.properties");
  writeFileSync(configuration, properties(context));
  // meta.properties is the last file that the format writes, and --ignore-formatted makes a second format harmless.
  if (existsSync(join(context.directory, "data", "meta.properties"))) return;
  const java = await requireJava();
  const result = await runCommand(java, [
    ...javaArguments("256m"),
    "kafka.tools.StorageTool",
    "format",
    "--ignore-formatted",
    "--cluster-id",
    context.secrets.kafkaClusterId,
    "--config",
    configuration,
  ]);
  if (result.code !== 0)
    throw new Error(`Kafka's storage could not be formatted:\n${lastLines(result.output, 12)}`);
}

async function command({ directory }: ServerContext): Promise<Command> {
  return {
    file: await requireJava(),
    args: [...javaArguments("768m"), "kafka.Kafka", join(directory, "server.properties")],
  };
}

/** A Metadata request, version 1, for no topic (https://kafka.apache.org/protocol#The_Messages_Metadata). */
function metadataRequest(): Buffer {
  const request = Buffer.alloc(24);
  request.writeInt32BE(20, 0); // length of what follows
  request.writeInt16BE(3, 4); // Metadata
  request.writeInt16BE(1, 6); // version; in version 0 no topic would mean every topic
  request.writeInt32BE(1, 8); // correlation id
  request.writeInt16BE(6, 12);
  request.write("health", 14, "ascii"); // client id
  request.writeInt32BE(0, 20); // no topics
  return request;
}

/** Healthy when the broker lists itself as alive: it answers connections some time before. */
async function isHealthy({ ports }: ServerContext): Promise<boolean> {
  const answer = await probe(
    ports.kafka,
    metadataRequest(),
    (received) => received.length >= 4 && received.length >= 4 + received.readInt32BE(0),
  );
  return answer !== undefined && answer.length >= 12 && answer.readInt32BE(8) >= 1;
}

export const kafka: Server = {
  name: "kafka",
  title: "Kafka",
  ports: ["kafka", "kafkaController"],
  stopMs: 15_000,
  prerequisites,
  install,
  prepare,
  command,
  isHealthy,
};
