import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { rootDirectory } from "./paths.ts";
import type { Ports } from "./ports.ts";
import type { Secrets } from "./secrets.ts";
import { UsageError } from "./usage-error.ts";

/** Where everything of an environment is reached. */
export interface Urls {
  readonly gateway: string;
  readonly smpp: string;
  readonly kafka: string;
  readonly postgres: string;
  readonly redis: string;
  readonly temporal: string;
  readonly temporalUi: string;
  readonly smtp: string;
  readonly smtpInbox: string;
  readonly simulator: string;
  readonly stripeSimulator: string;
  readonly paypalSimulator: string;
  /** Where n8n's editor is, when it runs. */
  readonly n8n: string;
}

export function urlsOf(ports: Ports, secrets: Secrets): Urls {
  return {
    gateway: `http://127.0.0.1:${ports.gateway}`,
    smpp: `smpp://127.0.0.1:${ports.smpp}`,
    kafka: `127.0.0.1:${ports.kafka}`,
    postgres: `postgres://catalyst:${secrets.postgresPassword}@127.0.0.1:${ports.postgres}/catalyst`,
    redis: `redis://:${secrets.redisPassword}@127.0.0.1:${ports.redis}`,
    temporal: `127.0.0.1:${ports.temporal}`,
    temporalUi: `http://127.0.0.1:${ports.temporalUi}`,
    smtp: `smtp://127.0.0.1:${ports.smtp}`,
    smtpInbox: `http://127.0.0.1:${ports.smtpInbox}`,
    simulator: `smpp://127.0.0.1:${ports.simulator}`,
    stripeSimulator: `http://127.0.0.1:${ports.stripeSimulator}`,
    paypalSimulator: `http://127.0.0.1:${ports.paypalSimulator}`,
    n8n: `http://127.0.0.1:${ports.n8n}`,
  };
}

/**
 * The variables that every process gets (.env.example describes them). Addresses always are this environment's own;
 * the rest gives way to what the caller's environment or the .env file says.
 */
export function variablesOf(
  ports: Ports,
  secrets: Secrets,
  dataDirectory: string,
  given: NodeJS.ProcessEnv,
): Record<string, string> {
  const urls = urlsOf(ports, secrets);
  const connectors = [
    {
      id: "sim",
      host: "127.0.0.1",
      port: ports.simulator,
      system_id: "catalyst",
      password: "secret",
      window: 256,
      binds: 1,
    },
  ];
  const preferences = {
    CATALYST_ENVIRONMENT: "development",
    KAFKA_TOPIC_PARTITIONS: "6",
    KAFKA_REPLICATION_FACTOR: "1",
    TEMPORAL_NAMESPACE: "default",
    TEMPORAL_CODEC_KEYS: "",
    MAIL_FROM: "catalyst@localhost",
    OPERATOR_EMAIL: "operator@localhost",
    ALERTS_TENANT: "",
    ALERTS_SENDER: "Catalyst",
    OPERATOR_WEBHOOK_URL: "",
    OPERATOR_WEBHOOK_SECRET: "",
    FRAUD_SUPPORT_EMAIL: "",
    FRAUD_MANAGER_EMAIL: "",
    FRAUD_SLA_MINUTES: "",
    PAYMENT_DUNNING_DAYS: "",
    GATEWAY_PUBLIC_URL: "",
    WEBHOOK_ALLOWED_NETWORKS: "127.0.0.0/8",
    SETTLEMENT_SIGNING_KEY: "",
    SMSC_CONNECTORS: JSON.stringify(connectors),
    LOG_LEVEL: "info",
  };
  return {
    ...Object.fromEntries(Object.entries(preferences).map(([name, value]) => [name, given[name] || value])),
    ...providerVariables(urls, secrets, dataDirectory, given),
    KAFKA_BROKERS: urls.kafka,
    DATABASE_URL: urls.postgres,
    REDIS_URL: urls.redis,
    TEMPORAL_ADDRESS: urls.temporal,
    TEMPORAL_UI_URL: urls.temporalUi,
    SMTP_URL: urls.smtp,
    ADMIN_TOKEN: secrets.adminToken,
    CATALYST_SECRET_KEY: secrets.secretKey,
    GATEWAY_HOST: given["GATEWAY_HOST"] || "127.0.0.1",
    GATEWAY_PORT: String(ports.gateway),
    SMPP_PORT: String(ports.smpp),
    CATCHER_FILE: join(dataDirectory, "smtp-catcher.jsonl"),
  };
}

/**
 * Payment providers: those whose keys the caller gives, at their own addresses; simulators in the place of the others. Each environment's secrets
 * are its own: a webhook of one is forged to another.
 */
function providerVariables(
  urls: Urls,
  secrets: Secrets,
  dataDirectory: string,
  given: NodeJS.ProcessEnv,
): Record<string, string> {
  const derived = (name: string): string =>
    createHmac("sha256", secrets.secretKey).update(name).digest("hex").slice(0, 32);
  const stripe = {
    STRIPE_SECRET_KEY: `sk_test_${derived("stripe key")}`,
    STRIPE_WEBHOOK_SECRET: `whsec_${derived("stripe webhooks")}`,
    STRIPE_API_BASE: urls.stripeSimulator,
  };
  const paypal = {
    PAYPAL_CLIENT_ID: `simulator-${derived("paypal client")}`,
    PAYPAL_CLIENT_SECRET: derived("paypal secret"),
    PAYPAL_WEBHOOK_ID: derived("paypal webhook").toUpperCase(),
    PAYPAL_API_BASE: urls.paypalSimulator,
  };
  return {
    ...(given["STRIPE_SECRET_KEY"] ? chosen(given, Object.keys(stripe)) : stripe),
    ...(given["PAYPAL_CLIENT_ID"] ? chosen(given, Object.keys(paypal)) : paypal),
    STRIPE_SIMULATOR_SECRET_KEY: stripe.STRIPE_SECRET_KEY,
    STRIPE_SIMULATOR_WEBHOOK_SECRET: stripe.STRIPE_WEBHOOK_SECRET,
    STRIPE_SIMULATOR_WEBHOOK_URL: `${urls.gateway}/webhooks/stripe`,
    STRIPE_SIMULATOR_FILE: join(dataDirectory, "stripe-simulator.jsonl"),
    PAYPAL_SIMULATOR_CLIENT_ID: paypal.PAYPAL_CLIENT_ID,
    PAYPAL_SIMULATOR_CLIENT_SECRET: paypal.PAYPAL_CLIENT_SECRET,
    PAYPAL_SIMULATOR_WEBHOOK_ID: paypal.PAYPAL_WEBHOOK_ID,
    PAYPAL_SIMULATOR_WEBHOOK_URL: `${urls.gateway}/webhooks/paypal`,
    PAYPAL_SIMULATOR_FILE: join(dataDirectory, "paypal-simulator.jsonl"),
  };
}

function chosen(given: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, given[name] ?? ""]));
}

/** Reads .env of the work tree into process.env; what is set already stays. Throws UsageError naming the bad line. */
export function loadDotEnv(file = join(rootDirectory, ".env")): void {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  requireWellFormed(file, text);
  for (const [name, value] of Object.entries(parseEnv(text))) process.env[name] ??= value;
}

/** The parser of Node skips what it cannot read; a mistyped secret must not go unnoticed. */
function requireWellFormed(file: string, text: string): void {
  let openQuote: string | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (openQuote !== undefined) {
      if (line.includes(openQuote)) openQuote = undefined;
      continue;
    }
    if (/^\s*(#|$)/.test(line)) continue;
    const value = /^\s*(?:export\s+)?[A-Za-z_]\w*\s*=\s*(.*)$/.exec(line)?.[1];
    if (value === undefined) throw new UsageError(`${file}, line ${index + 1}: expected NAME=value`);
    const quote = /^["'`]/.exec(value)?.[0];
    if (quote !== undefined && !value.slice(1).includes(quote)) openQuote = quote;
  }
  if (openQuote !== undefined)
    throw new UsageError(`${file}: a value opens with ${openQuote} and is never closed`);
}
