import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { portNames, type Ports } from "./ports.ts";
import { loadDotEnv, variablesOf } from "./variables.ts";

describe("loadDotEnv", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "dotenv-"));
    file = join(folder, ".env");
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
    delete process.env["DOTENV_TEST_A"];
    delete process.env["DOTENV_TEST_B"];
  });

  test("fills what the environment does not say already", () => {
    process.env["DOTENV_TEST_A"] = "given";
    writeFileSync(file, '# a note\nDOTENV_TEST_A=file\nexport DOTENV_TEST_B="two\nlines"\n');
    loadDotEnv(file);
    expect([process.env["DOTENV_TEST_A"], process.env["DOTENV_TEST_B"]]).toEqual(["given", "two\nlines"]);
  });

  test("does without a file", () => {
    expect(() => loadDotEnv(file)).not.toThrow();
  });

  test.each([
    ["DOTENV_TEST_A=1\nADMIN_TOKEN secret\n", "line 2: expected NAME=value"],
    ["DOTENV_TEST_A='open\n\n", "never closed"],
    ["9LIVES=cat\n", "line 1: expected NAME=value"],
  ])("names the fault of %j", (text, fault) => {
    writeFileSync(file, text);
    expect(() => loadDotEnv(file)).toThrow(fault);
    expect(process.env["DOTENV_TEST_A"]).toBeUndefined();
  });
});

describe("variablesOf", () => {
  const ports = Object.fromEntries(portNames.map((name, index) => [name, 20_000 + index])) as Ports;
  const secrets = {
    adminToken: "token",
    secretKey: "k".repeat(32),
    postgresPassword: "pg",
    postgresSuperuserPassword: "super",
    redisPassword: "red",
    kafkaClusterId: "id",
    n8nPassword: "N8n-owner",
    n8nDatabasePassword: "n8n-pg",
    n8nFlowsPassword: "n8n-flows",
    n8nEncryptionKey: "n8n-key",
  };

  test("gives way to the caller in preferences, never in addresses", () => {
    const given = { LOG_LEVEL: "debug", KAFKA_BROKERS: "elsewhere:9092", MAIL_FROM: "" };
    const variables = variablesOf(ports, secrets, "/data", given);
    expect(variables).toMatchObject({
      LOG_LEVEL: "debug",
      MAIL_FROM: "catalyst@localhost",
      KAFKA_BROKERS: "127.0.0.1:20002",
      DATABASE_URL: "postgres://catalyst:pg@127.0.0.1:20004/catalyst",
      REDIS_URL: "redis://:red@127.0.0.1:20005",
    });
  });

  test("a provider's simulator gives way to the caller's own keys, and never gets them", () => {
    const simulated = variablesOf(ports, secrets, "/data", {});
    expect(simulated["STRIPE_API_BASE"]).toBe(`http://127.0.0.1:${ports.stripeSimulator}`);
    expect(simulated["STRIPE_SECRET_KEY"]).toBe(simulated["STRIPE_SIMULATOR_SECRET_KEY"]);
    const given = { STRIPE_SECRET_KEY: "sk_test_own", STRIPE_WEBHOOK_SECRET: "whsec_own" };
    expect(variablesOf(ports, secrets, "/data", given)).toMatchObject({
      ...given,
      STRIPE_API_BASE: "",
      STRIPE_SIMULATOR_SECRET_KEY: simulated["STRIPE_SIMULATOR_SECRET_KEY"],
    });
    const other = { ...secrets, secretKey: "o".repeat(32) };
    expect(variablesOf(ports, other, "/data", {})["STRIPE_WEBHOOK_SECRET"]).not.toBe(
      simulated["STRIPE_WEBHOOK_SECRET"],
    );
  });
});
