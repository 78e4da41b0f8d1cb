import { z } from "zod";
import { DUNNING_DAYS, dunningProblem } from "#domain/payments/dunning.ts";
import { derivePayloadKey, parsePayloadKeys, type PayloadKey } from "../payload-keys.ts";

const port = z.coerce.number().int().min(0).max(65535);

const smscConnector = z.strictObject({
  id: z.string().min(1).max(40),
  host: z.string().min(1),
  port,
  system_id: z.string().max(15),
  password: z.string().max(8),
  /** Requests in flight per bind; most SMSCs allow 10 to 500. */
  window: z.number().int().min(1).max(5000).default(100),
  binds: z.number().int().min(1).max(32).default(1),
  /** How this SMSC writes message ids: taken literally, or hexadecimal in receipts and decimal in responses, … */
  id_format: z.enum(["literal", "hex-in-receipt", "dec-in-receipt"]).default("literal"),
});

export type SmscConnectorConfig = z.infer<typeof smscConnector>;

const connectorList = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: `is not JSON: ${(error as Error).message}` });
      return z.NEVER;
    }
  })
  .pipe(z.array(smscConnector));

const positive = (fallback: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().positive().default(fallback);

const list = (text: string): string[] =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

const FRAUD_SEVERITIES = ["low", "medium", "high", "critical"] as const;

/** "low:1440,medium:480,high:60,critical:15": minutes by severity. */
const minutesBySeverity = z.string().transform((text, context): Record<FraudSeverity, number> => {
  const given = new Map(
    list(text).map((item) => item.split(":").map((word) => word.trim()) as [string, string]),
  );
  const minutes = FRAUD_SEVERITIES.map((severity) => [severity, Number(given.get(severity))] as const);
  const isWrong = minutes.some(([, value]) => !(value > 0 && value <= 43_200));
  if (!isWrong && given.size === minutes.length)
    return Object.fromEntries(minutes) as Record<FraudSeverity, number>;
  context.addIssue({
    code: "custom",
    message: "must be low:M,medium:M,high:M,critical:M, in minutes up to 43200",
  });
  return z.NEVER;
});

type FraudSeverity = (typeof FRAUD_SEVERITIES)[number];

/** "0,3,7,14". */
const dayList = z.string().transform((text, context): readonly number[] => {
  const days = list(text).map(Number);
  const problem = dunningProblem(days);
  if (problem === null) return days;
  context.addIssue({ code: "custom", message: `${problem}, such as 0,3,7,14` });
  return z.NEVER;
});

const payloadKeyList = z.string().transform((text, context): readonly PayloadKey[] => {
  const keys = parsePayloadKeys(text);
  if (keys !== null) return keys;
  context.addIssue({
    code: "custom",
    message: "must be ID:KEY[,ID:KEY…] with different ids and 32 bytes each (openssl rand -base64 32)",
  });
  return z.NEVER;
});

/** Every variable the product reads; .env.example documents each, and a test compares the two. */
const variables = z.object({
  CATALYST_ENVIRONMENT: z.enum(["development", "production"]).default("production"),
  KAFKA_BROKERS: z.string().min(1),
  KAFKA_TOPIC_PARTITIONS: positive(50),
  KAFKA_REPLICATION_FACTOR: positive(3),
  DATABASE_URL: z.url(),
  REDIS_URL: z.url(),
  TEMPORAL_ADDRESS: z.string().default("127.0.0.1:7233"),
  TEMPORAL_NAMESPACE: z.string().default("default"),
  TEMPORAL_UI_URL: z.url().default("http://127.0.0.1:8233"),
  TEMPORAL_CODEC_KEYS: payloadKeyList.default([]),
  FLOWS_RELEASES: z.enum(["one", "several"]).default("one"),
  CODEC_HOST: z.string().default("127.0.0.1"),
  CODEC_PORT: port.default(8234),
  CODEC_TOKEN: z.union([z.literal(""), z.string().min(16, "must have at least 16 characters")]).default(""),
  SMTP_URL: z.url().default("smtp://127.0.0.1:1025"),
  MAIL_FROM: z.string().default("catalyst@localhost"),
  OPERATOR_EMAIL: z.string().default("operator@localhost"),
  ALERTS_TENANT: z.string().default(""),
  ALERTS_SENDER: z.string().default("Catalyst"),
  OPERATOR_WEBHOOK_URL: z.union([z.literal(""), z.url()]).default(""),
  OPERATOR_WEBHOOK_SECRET: z.string().default(""),
  FRAUD_SUPPORT_EMAIL: z.string().default(""),
  FRAUD_MANAGER_EMAIL: z.string().default(""),
  FRAUD_SLA_MINUTES: minutesBySeverity.prefault("low:1440,medium:480,high:60,critical:15"),
  PAYMENT_DUNNING_DAYS: dayList.prefault(DUNNING_DAYS.join(",")),
  STRIPE_SECRET_KEY: z.string().default(""),
  STRIPE_WEBHOOK_SECRET: z.string().default(""),
  STRIPE_API_BASE: z.url().default("https://api.stripe.com"),
  PAYPAL_CLIENT_ID: z.string().default(""),
  PAYPAL_CLIENT_SECRET: z.string().default(""),
  PAYPAL_WEBHOOK_ID: z.string().default(""),
  PAYPAL_API_BASE: z.url().default("https://api-m.paypal.com"),
  ADMIN_TOKEN: z.string().min(16, "must have at least 16 characters"),
  CATALYST_SECRET_KEY: z.string().min(32, "must have at least 32 characters"),
  SETTLEMENT_SIGNING_KEY: z
    .union([z.literal(""), z.string().regex(/^[A-Za-z0-9+/]{43}=$/, "must be 32 bytes in base64")])
    .default(""),
  GATEWAY_HOST: z.string().default("127.0.0.1"),
  GATEWAY_PORT: port.default(8080),
  GATEWAY_PUBLIC_URL: z.union([z.literal(""), z.url()]).default(""),
  SMPP_PORT: port.default(2775),
  HEALTH_PORT: port.default(0),
  SMSC_CONNECTORS: connectorList.default([]),
  RECEIPT_WINDOW_SECONDS: positive(86_400),
  RESERVATION_ORPHAN_SECONDS: positive(120),
  WEBHOOK_ALLOWED_NETWORKS: z.string().default(""),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
});

/** With what must hold between them. */
export const environmentSchema = variables.superRefine(({ CODEC_HOST, CODEC_TOKEN }, context) => {
  if (CODEC_TOKEN !== "" || /^(127\.|localhost$|::1$)/.test(CODEC_HOST)) return;
  context.addIssue({
    code: "custom",
    path: ["CODEC_TOKEN"],
    message: "is needed where CODEC_HOST lets other machines ask: what flows hold would be open to them",
  });
});

export interface Config {
  readonly environment: "development" | "production";
  readonly kafka: {
    readonly brokers: readonly string[];
    readonly partitions: number;
    readonly replicationFactor: number;
  };
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly uiUrl: string;
    /** The first encrypts what flows hold, all decrypt; the last is derived from the secret key. */
    readonly payloadKeys: readonly PayloadKey[];
    /** `several`: releases of the flows' workers run side by side, and a person says which is current. */
    readonly releases: "one" | "several";
  };
  /** The server that decrypts for Temporal's Web UI; token null: whoever reaches its port may ask. */
  readonly codec: { readonly host: string; readonly port: number; readonly token: string | null };
  readonly mail: { readonly url: string; readonly from: string };
  /** Whoever runs the platform: told of what a person must decide. */
  readonly operator: {
    readonly email: string;
    readonly webhook: { readonly url: string; readonly secret: string } | null;
  };
  /** The platform's own tenant, which sends alerts by SMS and pays for them; null: nobody is told by SMS. */
  readonly alerts: { readonly tenantId: string | null; readonly sender: string };
  readonly fraud: {
    /** Who is asked first, next and last. */
    readonly emails: { readonly support: string; readonly manager: string; readonly owner: string };
    /** How long each of them has. */
    readonly slaMinutes: Readonly<Record<FraudSeverity, number>>;
  };
  /** Payment providers; null: not used. */
  readonly providers: {
    readonly stripe: {
      readonly secretKey: string;
      /** Of the webhook endpoint; "": its webhooks are not taken. */
      readonly webhookSecret: string;
      readonly apiBase: string;
    } | null;
    readonly paypal: {
      readonly clientId: string;
      readonly clientSecret: string;
      /** Of the webhook endpoint; "": its webhooks are not taken. */
      readonly webhookId: string;
      readonly apiBase: string;
    } | null;
  };
  /** Days after the due day on which a payment is tried. */
  readonly dunningDays: readonly number[];
  readonly adminToken: string;
  readonly secretKey: string;
  /** Seed of the Ed25519 key that signs settlement reports, base64; null: derived from the secret key. */
  readonly settlementSigningKey: string | null;
  readonly gateway: {
    readonly host: string;
    readonly port: number;
    readonly smppPort: number;
    /** Where people reach the REST door: links in mails begin with it. Without a slash at its end. */
    readonly publicUrl: string;
  };
  readonly healthPort: number;
  readonly smscConnectors: readonly SmscConnectorConfig[];
  readonly receiptWindowMs: number;
  readonly reservationOrphanMs: number;
  /** CIDR blocks that webhooks may reach although they are private. */
  readonly webhookAllowedNetworks: readonly string[];
  readonly logLevel: z.infer<typeof environmentSchema>["LOG_LEVEL"];
}

/** The environment is wrong; the message lists every variable at fault, one a line. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** @throws ConfigurationError naming every variable at fault and its remedy, never its value. */
export function toConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== "" && value !== undefined),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) throw new ConfigurationError(describeIssues(parsed.error));
  const env = parsed.data;
  return Object.freeze({
    environment: env.CATALYST_ENVIRONMENT,
    kafka: {
      brokers: list(env.KAFKA_BROKERS),
      partitions: env.KAFKA_TOPIC_PARTITIONS,
      replicationFactor: env.KAFKA_REPLICATION_FACTOR,
    },
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    temporal: {
      address: env.TEMPORAL_ADDRESS,
      namespace: env.TEMPORAL_NAMESPACE,
      uiUrl: env.TEMPORAL_UI_URL,
      payloadKeys: [...env.TEMPORAL_CODEC_KEYS, derivePayloadKey(env.CATALYST_SECRET_KEY)],
      releases: env.FLOWS_RELEASES,
    },
    codec: { host: env.CODEC_HOST, port: env.CODEC_PORT, token: env.CODEC_TOKEN || null },
    mail: { url: env.SMTP_URL, from: env.MAIL_FROM },
    operator: {
      email: env.OPERATOR_EMAIL,
      webhook:
        env.OPERATOR_WEBHOOK_URL === ""
          ? null
          : { url: env.OPERATOR_WEBHOOK_URL, secret: env.OPERATOR_WEBHOOK_SECRET },
    },
    alerts: {
      tenantId: env.ALERTS_TENANT === "" ? null : env.ALERTS_TENANT,
      sender: env.ALERTS_SENDER,
    },
    fraud: {
      emails: {
        support: env.FRAUD_SUPPORT_EMAIL || env.OPERATOR_EMAIL,
        manager: env.FRAUD_MANAGER_EMAIL || env.OPERATOR_EMAIL,
        owner: env.OPERATOR_EMAIL,
      },
      slaMinutes: env.FRAUD_SLA_MINUTES,
    },
    providers: providersOf(env),
    dunningDays: env.PAYMENT_DUNNING_DAYS,
    adminToken: env.ADMIN_TOKEN,
    secretKey: env.CATALYST_SECRET_KEY,
    settlementSigningKey: env.SETTLEMENT_SIGNING_KEY === "" ? null : env.SETTLEMENT_SIGNING_KEY,
    gateway: {
      host: env.GATEWAY_HOST,
      port: env.GATEWAY_PORT,
      smppPort: env.SMPP_PORT,
      publicUrl: (env.GATEWAY_PUBLIC_URL || `http://${env.GATEWAY_HOST}:${env.GATEWAY_PORT}`).replace(
        /\/+$/,
        "",
      ),
    },
    healthPort: env.HEALTH_PORT,
    smscConnectors: env.SMSC_CONNECTORS,
    receiptWindowMs: env.RECEIPT_WINDOW_SECONDS * 1000,
    reservationOrphanMs: env.RESERVATION_ORPHAN_SECONDS * 1000,
    webhookAllowedNetworks: list(env.WEBHOOK_ALLOWED_NETWORKS),
    logLevel: env.LOG_LEVEL,
  });
}

function providersOf(env: z.infer<typeof environmentSchema>): Config["providers"] {
  return {
    stripe:
      env.STRIPE_SECRET_KEY === ""
        ? null
        : {
            secretKey: env.STRIPE_SECRET_KEY,
            webhookSecret: env.STRIPE_WEBHOOK_SECRET,
            apiBase: env.STRIPE_API_BASE,
          },
    paypal:
      env.PAYPAL_CLIENT_ID === ""
        ? null
        : {
            clientId: env.PAYPAL_CLIENT_ID,
            clientSecret: env.PAYPAL_CLIENT_SECRET,
            webhookId: env.PAYPAL_WEBHOOK_ID,
            apiBase: env.PAYPAL_API_BASE,
          },
  };
}

function describeIssues(error: z.ZodError): string {
  const lines = error.issues.map((issue) => {
    const [variable, ...rest] = issue.path.map(String);
    const where = rest.length === 0 ? variable : `${variable} at ${rest.join(".")}`;
    const missing = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
    return `  ${where}: ${missing ? "is missing; set it (see .env.example)" : issue.message}`;
  });
  return `The configuration is wrong:\n${lines.join("\n")}`;
}
