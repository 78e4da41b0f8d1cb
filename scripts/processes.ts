import type { PortName } from "./ports.ts";

/** A process of the product, run from a TypeScript file of the work tree. */
export interface ProcessDefinition {
  readonly name: string;
  /** Path from the root of the work tree. */
  readonly file: string;
  /** What it listens on; the first is where its health is asked. */
  readonly ports: readonly [PortName, ...PortName[]];
  /** Answers 200 when the process can do its work. */
  readonly healthPath: "/ready" | "/health";
  /** Variables of this process alone, given a port each. */
  readonly portVariables: Readonly<Record<string, PortName>>;
}

/** Runs once after the servers are healthy and before any process: migrations, topics. */
export const setupFile = "workers/setup.ts";

function worker(name: string, health: PortName): ProcessDefinition {
  return {
    name,
    file: `workers/${name}.ts`,
    ports: [health],
    healthPath: "/health",
    portVariables: { HEALTH_PORT: health },
  };
}

/** Every process that `up` starts, in the order of its table. */
export const processes: readonly ProcessDefinition[] = [
  {
    name: "gateway",
    file: "workers/gateway.ts",
    ports: ["gateway", "smpp"],
    healthPath: "/ready",
    portVariables: {},
  },
  worker("firewall", "firewallHealth"),
  worker("sms", "smsHealth"),
  worker("billing", "billingHealth"),
  worker("timeline", "timelineHealth"),
  worker("analytics", "analyticsHealth"),
  worker("notifications", "notificationsHealth"),
  worker("fraud", "fraudHealth"),
  worker("flows", "flowsHealth"),
  {
    name: "codec",
    file: "workers/codec.ts",
    ports: ["codec"],
    healthPath: "/health",
    portVariables: { CODEC_PORT: "codec" },
  },
  {
    name: "smsc-simulator",
    file: "examples/smsc-simulator/main.ts",
    ports: ["simulatorHealth", "simulator"],
    healthPath: "/health",
    portVariables: { HEALTH_PORT: "simulatorHealth", SIMULATOR_PORT: "simulator" },
  },
  {
    name: "smtp-catcher",
    file: "examples/smtp-catcher/main.ts",
    ports: ["smtpInbox", "smtp"],
    healthPath: "/health",
    portVariables: { HEALTH_PORT: "smtpInbox", SMTP_PORT: "smtp" },
  },
  {
    name: "stripe-simulator",
    file: "examples/stripe-simulator/main.ts",
    ports: ["stripeSimulator"],
    healthPath: "/health",
    portVariables: { HEALTH_PORT: "stripeSimulator" },
  },
  {
    name: "paypal-simulator",
    file: "examples/paypal-simulator/main.ts",
    ports: ["paypalSimulator"],
    healthPath: "/health",
    portVariables: { HEALTH_PORT: "paypalSimulator" },
  },
];
