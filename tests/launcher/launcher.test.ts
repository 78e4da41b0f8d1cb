import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { Kafka, logLevel } from "kafkajs";
import { Client } from "pg";
import { attachEnvironment, type Environment } from "../../scripts/environment.ts";
import { rootDirectory } from "../../scripts/paths.ts";
import { catalyst, stateOf, statusOf, survivors, temporaryData } from "./catalyst-command.ts";

const up = (data: string, ...more: string[]) => [
  "up",
  "--servers-only",
  "--no-install",
  "--data",
  data,
  ...more,
];

// What a test starts ends with the run, even one that is killed.
const withUs = ["--stop-with", String(process.pid)];
const detached = ["--detach", ...withUs];

async function query(environment: Environment, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: environment.urls.postgres });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe("two environments side by side", () => {
  const first = temporaryData();
  const second = temporaryData();
  let environment: Environment;

  beforeAll(async () => {
    const outcomes = await Promise.all(
      [first, second].map((one) => catalyst(up(one.data, ...detached, "--ports", "auto"))),
    );
    expect(outcomes.map((one) => [one.code, one.code === 0 ? "" : one.stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    environment = await attachEnvironment(first.data);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([first.remove(), second.remove()]);
  }, 60_000);

  test("status shows every server healthy, with its pid and ports", async () => {
    const status = await statusOf(first.data);
    expect(status.phase).toBe("running");
    const servers = ["kafka", "postgres", "redis", "temporal"];
    expect(status.processes.map((one) => [one.name, one.health, one.restarts])).toEqual(
      servers.map((name) => [name, "healthy", 0]),
    );
    const ports = [status, await statusOf(second.data)].flatMap((one) =>
      one.processes.flatMap((process) => Object.values(process.ports)),
    );
    expect(new Set(ports).size).toBe(ports.length);
  });

  test("each server takes work", async () => {
    expect(await query(environment, "SELECT current_user AS name")).toEqual([{ name: "catalyst" }]);
    await query(environment, "CREATE TABLE kept (value text); INSERT INTO kept VALUES ('as it was')");
    const redis = new Redis(environment.urls.redis);
    expect(await redis.set("key", "value")).toBe("OK");
    redis.disconnect();
    const kafka = new Kafka({ brokers: [environment.urls.kafka], logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    const admin = kafka.admin();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: "kept", numPartitions: 1 }] });
    await admin.disconnect();
    await producer.connect();
    const [sent] = await producer.send({ topic: "kept", acks: -1, messages: [{ value: "as it was" }] });
    expect(sent?.errorCode).toBe(0);
    await producer.disconnect();
    const ui = await fetch(environment.urls.temporalUi);
    expect(ui.status).toBe(200);
  });

  test("a second up on the same folder starts nothing and says what runs", async () => {
    const before = stateOf(first.data);
    const outcome = await catalyst(up(first.data, ...detached));
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain("already running");
    expect(stateOf(first.data)).toEqual(before);
  });

  test("a killed server is started again and counted", async () => {
    const before = await environment.pid("redis");
    await environment.kill("redis", "SIGKILL");
    await environment.waitHealthy("redis");
    expect(await environment.pid("redis")).not.toBe(before);
    const redis = (await environment.status()).processes.find((one) => one.name === "redis");
    expect(redis?.restarts).toBe(1);
  });

  test("a stopped server stays down until it is started", async () => {
    await environment.stopProcess("redis");
    await sleep(700);
    await expect(environment.pid("redis")).rejects.toThrow("stopped");
    expect((await catalyst(["status", "--data", first.data])).code).toBe(1);
    await environment.startProcess("redis");
    await environment.waitHealthy("redis");
  });

  test("after kill -9 of the supervisor the next up clears what it left and goes on with the data", async () => {
    const killed = stateOf(first.data);
    process.kill(killed.supervisor.pid, "SIGKILL");
    await sleep(200);
    const status = await catalyst(["status", "--data", first.data]);
    expect([status.code, status.stderr]).toEqual([3, expect.stringContaining("kafka, ")]);
    const again = await catalyst(up(first.data, ...detached));
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("postgres  healthy")]);
    const now = stateOf(first.data);
    const pids = new Set(now.processes.map((one) => one.pid));
    expect(killed.processes.filter((one) => pids.has(one.pid))).toEqual([]);
    expect(survivors(killed, "no such folder")).toEqual([]);
    environment = await attachEnvironment(first.data);
    expect(await query(environment, "SELECT value FROM kept")).toEqual([{ value: "as it was" }]);
    const kafka = new Kafka({ brokers: [environment.urls.kafka], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    expect(await admin.fetchTopicOffsets("kept")).toMatchObject([{ high: "1" }]);
    await admin.disconnect();
  }, 60_000);

  test("down leaves no process, nor disturbs the other", async () => {
    const other = stateOf(second.data);
    const state = stateOf(first.data);
    expect(await catalyst(["down", "--data", first.data])).toMatchObject({ code: 0 });
    expect(survivors(state, first.data)).toEqual([]);
    expect((await catalyst(["status", "--data", first.data])).code).toBe(3);
    expect(stateOf(second.data)).toEqual(other);
    expect((await statusOf(second.data)).processes.every((one) => one.health === "healthy")).toBe(true);
  }, 60_000);

  test("down clears what a killed supervisor left", async () => {
    const killed = stateOf(second.data);
    process.kill(killed.supervisor.pid, "SIGKILL");
    const outcome = await catalyst(["down", "--data", second.data]);
    expect(outcome.stderr).toContain("postgres");
    expect(survivors(killed, second.data)).toEqual([]);
  }, 60_000);
});

describe("a start that is disturbed", () => {
  const place = temporaryData();
  afterAll(() => place.remove(), 60_000);

  test("killed in its middle, begins again and succeeds; Ctrl-C then stops all in order", async () => {
    const start = () =>
      spawn(join(rootDirectory, "catalyst"), up(place.data, "--ports", "auto", ...withUs), { stdio: "pipe" });
    const killed = start();
    const state = join(place.data, "state.json");
    while (!existsSync(state)) await sleep(20);
    await sleep(400); // into initdb and the format of Kafka's storage
    killed.kill("SIGKILL");
    const again = start();
    let output = "";
    again.stdout.resume();
    again.stderr.on("data", (chunk) => (output += String(chunk)));
    while (!output.includes("Ctrl-C stops it") && again.exitCode === null) await sleep(50);
    expect(output).toContain("all healthy");
    const running = stateOf(place.data);
    again.kill("SIGINT");
    const [code] = (await once(again, "exit")) as [number];
    expect(code).toBe(0);
    expect(survivors(running, place.data)).toEqual([]);
  }, 90_000);

  test("names a port in use, what it is for, who holds it and the flag", async () => {
    const holder = createServer();
    await new Promise<void>((settle) => holder.listen(0, "127.0.0.1", settle));
    const { port } = holder.address() as AddressInfo;
    const outcome = await catalyst(up(place.data, "--ports", String(port - 5))); // Redis is sixth of the table
    holder.close();
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`port ${port} (Redis) is in use by `);
    expect(outcome.stderr).toContain(`(pid ${process.pid})`);
    expect(outcome.stderr).toContain("--ports auto");
    expect(survivors(stateOf(place.data), place.data)).toEqual([]);
  }, 30_000);
});

describe("an environment bound to a process", () => {
  const place = temporaryData();
  afterAll(() => place.remove(), 60_000);

  test("ends with it", async () => {
    const holder = spawn("sleep", ["600"]);
    const outcome = await catalyst(
      up(place.data, "--detach", "--ports", "auto", "--stop-with", String(holder.pid)),
    );
    expect(outcome.code).toBe(0);
    const state = stateOf(place.data);
    holder.kill("SIGKILL");
    while (survivors(state, place.data).length > 0) await sleep(100);
    expect((await catalyst(["status", "--data", place.data])).code).toBe(3);
  }, 60_000);
});

describe("what is typed wrong", () => {
  test.each([
    [["stauts"], "unknown command stauts. Did you mean status?"],
    [["up", "--detatch"], "unknown flag --detatch. Did you mean --detach?"],
    [["up", "--ports", "80"], "--ports takes a number from 1024"],
    [["up", "--with-n8n", "--servers-only"], "--with-n8n needs the gateway"],
    [["logs", "nobody", "--data", "/nowhere"], "there is no log named nobody"],
  ])("%j is answered by one line and exit code 2", async (args, answer) => {
    const outcome = await catalyst(args);
    expect(outcome).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(answer) });
    expect(outcome.stderr).not.toContain("at ");
  });

  test("a short CATALYST_SECRET_KEY is refused before anything starts", async () => {
    const place = temporaryData();
    const outcome = await catalyst(up(place.data), { CATALYST_SECRET_KEY: "short" });
    await place.remove();
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining("at least 32") });
  });
});
