import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { ConfigurationError, environmentSchema, toConfig } from "./config.ts";

const example = parseEnv(readFileSync(new URL("../../.env.example", import.meta.url), "utf8"));

function problemsOf(environment: Record<string, string>): string {
  try {
    toConfig(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

describe("toConfig", () => {
  test("accepts .env.example, which names exactly the variables that are read", () => {
    expect(Object.keys(example).toSorted()).toEqual(Object.keys(environmentSchema.shape).toSorted());
    const config = toConfig(example);
    expect(config.kafka).toEqual({ brokers: ["127.0.0.1:9092"], partitions: 50, replicationFactor: 3 });
    expect(config.smscConnectors[0]).toMatchObject({ id: "carrier-a", window: 100, id_format: "literal" });
    expect(config.receiptWindowMs).toBe(86_400_000);
  });

  test("reports every variable at fault together and shows no secret", () => {
    const problems = problemsOf({ ADMIN_TOKEN: "short-secret", SMPP_PORT: "70000", REDIS_URL: "nonsense" });
    for (const name of ["KAFKA_BROKERS", "DATABASE_URL", "CATALYST_SECRET_KEY"])
      expect(problems).toContain(`${name}: is missing`);
    expect(problems).toMatch(/ADMIN_TOKEN: must have at least 16 characters/);
    expect(problems).toMatch(/SMPP_PORT: /);
    expect(problems).toMatch(/REDIS_URL: /);
    expect(problems).not.toContain("short-secret");
  });

  test("names the place inside SMSC_CONNECTORS", () => {
    const base = example as Record<string, string>;
    expect(problemsOf({ ...base, SMSC_CONNECTORS: "[{" })).toMatch(/SMSC_CONNECTORS: is not JSON/);
    expect(
      problemsOf({
        ...base,
        SMSC_CONNECTORS: '[{"id":"a","host":"h","port":1,"system_id":"s","password":"far too long"}]',
      }),
    ).toMatch(/SMSC_CONNECTORS at 0\.password/);
  });

  test("whoever is not named is the operator, and each level's time is read by severity", () => {
    const base = example as Record<string, string>;
    const config = toConfig({ ...base, OPERATOR_EMAIL: "owner@x.test", FRAUD_SUPPORT_EMAIL: "help@x.test" });
    expect(config.fraud.emails).toEqual({
      support: "help@x.test",
      manager: "owner@x.test",
      owner: "owner@x.test",
    });
    expect(config.fraud.slaMinutes).toEqual({ low: 1440, medium: 480, high: 60, critical: 15 });
    expect(config.gateway.publicUrl).toBe("http://127.0.0.1:8080");
    for (const wrong of ["low:1", "low:1,medium:2,high:x,critical:4", "low:0,medium:1,high:1,critical:1"])
      expect(problemsOf({ ...base, FRAUD_SLA_MINUTES: wrong })).toMatch(/FRAUD_SLA_MINUTES: must be low:M/);
  });

  test("a provider without a key is not used; one with a key has its own address unless another is given", () => {
    const base = example as Record<string, string>;
    expect(toConfig(base).providers).toEqual({ stripe: null, paypal: null });
    const { stripe } = toConfig({ ...base, STRIPE_SECRET_KEY: "sk_test_1", STRIPE_API_BASE: "" }).providers;
    expect(stripe).toEqual({ secretKey: "sk_test_1", webhookSecret: "", apiBase: "https://api.stripe.com" });
    const own = {
      ...base,
      PAYPAL_CLIENT_ID: "id",
      PAYPAL_CLIENT_SECRET: "s",
      PAYPAL_API_BASE: "http://127.0.0.1:1",
    };
    expect(toConfig(own).providers.paypal).toMatchObject({ clientId: "id", apiBase: "http://127.0.0.1:1" });
  });

  test("an empty variable counts as absent", () => {
    expect(
      toConfig({ ...(example as Record<string, string>), LOG_LEVEL: "", SMSC_CONNECTORS: "" }).smscConnectors,
    ).toEqual([]);
  });
});
