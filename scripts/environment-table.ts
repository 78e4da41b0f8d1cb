import type { PortName, Ports } from "./ports.ts";
import type { EnvironmentStatus } from "./supervisor/state.ts";
import { progress, seconds, table } from "./terminal.ts";
import type { Urls } from "./variables.ts";

/** What runs where, for people. */
export function statusTable(status: EnvironmentStatus): string {
  const rows = status.processes.map((one) => [
    one.name,
    one.health,
    one.pid === null ? "-" : String(one.pid),
    Object.entries(one.ports)
      .map(([name, port]) => `${port} ${portLabels[name as PortName] ?? name}`)
      .join(", "),
    String(one.restarts),
  ]);
  return table([["NAME", "HEALTH", "PID", "PORTS", "RESTARTS"], ...rows]);
}

const portLabels: Partial<Record<keyof Ports, string>> = {
  gateway: "rest",
  smpp: "smpp",
  kafka: "kafka",
  kafkaController: "controller",
  postgres: "postgres",
  redis: "redis",
  temporal: "grpc",
  temporalUi: "web ui",
  smtp: "smtp",
  smtpInbox: "inbox",
  simulator: "smpp",
  simulatorHealth: "health",
  firewallHealth: "health",
  smsHealth: "health",
  billingHealth: "health",
  timelineHealth: "health",
  analyticsHealth: "health",
  notificationsHealth: "health",
  flowsHealth: "health",
  codec: "codec",
  stripeSimulator: "api, page",
  paypalSimulator: "api, page",
  fraudHealth: "health",
  n8n: "editor",
  n8nRunners: "runners",
};

/** The addresses to open or connect to. */
export function linkTable(urls: Urls, names: ReadonlySet<string>): string {
  const rows: [string, string, string][] = [
    ["gateway", "REST API", urls.gateway],
    ["gateway", "API reference", `${urls.gateway}/docs`],
    ["gateway", "SMPP", urls.smpp],
    ["temporal", "Temporal Web UI", urls.temporalUi],
    ["smtp-catcher", "mail inbox", urls.smtpInbox],
    ["stripe-simulator", "Stripe simulator", urls.stripeSimulator],
    ["paypal-simulator", "PayPal simulator", urls.paypalSimulator],
    ["n8n", "n8n", urls.n8n],
  ];
  return table(rows.filter(([name]) => names.has(name)).map(([, label, address]) => [label, address]));
}

/** Answers a function that tells each change of a starting environment once. */
export function startReporter(): (status: EnvironmentStatus) => void {
  const told = new Set<string>();
  const once = (key: string, line: string): void => {
    if (told.has(key)) return;
    told.add(key);
    progress(line);
  };
  return (status) => {
    for (const one of status.processes) {
      if (one.startMs !== null)
        once(one.name, `  ${one.name.padEnd(16)}healthy after ${seconds(one.startMs)}`);
      if (one.health === "restarting" && status.phase !== "stopping") {
        once(
          `${one.name} ${one.restarts}`,
          `  ${one.name.padEnd(16)}ended; starting it again (see ${one.log})`,
        );
      }
    }
    if (status.phase === "setup") once("setup", "  setting up the database and the topics …");
  };
}
