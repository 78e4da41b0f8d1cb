import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { readJson, writeJson } from "./json-file.ts";
import { UsageError } from "./usage-error.ts";

/** Every port of an environment: its default and what it is for. `--ports BASE` numbers them in this order. */
export const portTable = {
  gateway: { port: 8080, purpose: "REST gateway" },
  smpp: { port: 2775, purpose: "SMPP gateway" },
  kafka: { port: 9092, purpose: "Kafka" },
  kafkaController: { port: 9093, purpose: "Kafka controller" },
  postgres: { port: 5432, purpose: "PostgreSQL" },
  redis: { port: 6379, purpose: "Redis" },
  temporal: { port: 7233, purpose: "Temporal" },
  temporalUi: { port: 8233, purpose: "Temporal Web UI" },
  smtp: { port: 1025, purpose: "SMTP catcher" },
  smtpInbox: { port: 8025, purpose: "inbox page of the SMTP catcher" },
  simulator: { port: 2776, purpose: "SMSC simulator" },
  simulatorHealth: { port: 9480, purpose: "health of the SMSC simulator" },
  firewallHealth: { port: 9481, purpose: "health and metrics of firewall" },
  smsHealth: { port: 9482, purpose: "health and metrics of sms" },
  billingHealth: { port: 9483, purpose: "health and metrics of billing" },
  timelineHealth: { port: 9484, purpose: "health and metrics of timeline" },
  analyticsHealth: { port: 9485, purpose: "health and metrics of analytics" },
  notificationsHealth: { port: 9486, purpose: "health and metrics of notifications" },
  flowsHealth: { port: 9487, purpose: "health and metrics of flows" },
  stripeSimulator: { port: 12_111, purpose: "Stripe simulator" },
  codec: { port: 8234, purpose: "codec server of the Temporal Web UI" },
  paypalSimulator: { port: 12_112, purpose: "PayPal simulator" },
  fraudHealth: { port: 9488, purpose: "health and metrics of fraud" },
  n8n: { port: 5678, purpose: "n8n" },
  n8nRunners: { port: 5679, purpose: "n8n's runners of Code nodes" },
} as const;

export type PortName = keyof typeof portTable;
export type Ports = Readonly<Record<PortName, number>>;
/** `auto` picks free ports, a number is the first of a consecutive range, `keep` takes the remembered or default ones. */
export type PortChoice = "auto" | "keep" | number;

export const portNames = Object.keys(portTable) as PortName[];

function consecutive(base: number): Ports {
  return Object.fromEntries(portNames.map((name, index) => [name, base + index])) as Record<PortName, number>;
}

const defaults = Object.fromEntries(portNames.map((name) => [name, portTable[name].port])) as Ports;

/** Whether a server could listen on this port of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const probe = createServer();
    probe.once("error", () => settle(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => settle(true)));
  });
}

/**
 * A free consecutive range, below the range that the kernel lends to outgoing connections: a client that retries
 * against a lent port of a stopped server can connect to itself and keep the server from starting again.
 */
async function freeRange(random: () => number): Promise<Ports> {
  const lowest = 10_000;
  const highest = ephemeralStart() - portNames.length;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const ports = consecutive(lowest + Math.floor(random() * (highest - lowest)));
    const free = await Promise.all(portNames.map((name) => isFree(ports[name])));
    if (free.every(Boolean)) return ports;
  }
  throw new UsageError(
    `no ${portNames.length} consecutive free ports were found between ${lowest} and ${highest}`,
  );
}

function ephemeralStart(): number {
  try {
    const start = Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/)[0]);
    return start > 12_000 ? start : 32_768;
  } catch {
    return 32_768;
  }
}

/** Chooses the ports and remembers them in `file`. */
export async function choosePorts(file: string, choice: PortChoice, random: () => number): Promise<Ports> {
  let ports: Ports;
  if (choice === "keep") {
    ports = { ...defaults, ...(readJson(file) as Partial<Ports> | undefined) };
  } else if (choice === "auto") {
    ports = await freeRange(random);
  } else {
    ports = consecutive(choice);
  }
  writeJson(file, ports);
  return ports;
}

/** Throws with one line per port that something else holds. */
export async function requireFree(ports: Ports, names: readonly PortName[]): Promise<void> {
  const free = await Promise.all(names.map((name) => isFree(ports[name])));
  const taken = names.filter((_, index) => !free[index]);
  if (taken.length === 0) return;
  const lines = taken.map((name) => {
    const owner = ownerOf(ports[name]);
    return `  port ${ports[name]} (${portTable[name].purpose}) is in use${owner ? ` by ${owner}` : ""}`;
  });
  throw new UsageError(
    [
      ...lines,
      "Stop what holds it, or take other ports: --ports BASE (consecutive ones from BASE) or --ports auto (free ones).",
    ].join("\n"),
    1,
  );
}

/** "name (pid N)" of the process that listens on a port, where this user may see it. */
export function ownerOf(port: number): string | undefined {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => listeningInodes(file, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    if (holdsOneOf(pid, inodes)) return `${commandOf(pid)} (pid ${pid})`;
  }
  return "a process of another user";
}

function listeningInodes(file: string, port: number): string[] {
  if (!existsSync(file)) return [];
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return readFileSync(file, "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === "0A")
    .map((fields) => `socket:[${fields[9]}]`);
}

function holdsOneOf(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      try {
        return inodes.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "a process";
  }
}
