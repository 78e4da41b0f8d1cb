import { linkTable, startReporter, statusTable } from "../environment-table.ts";
import {
  callerOf,
  prepareEnvironment,
  startEnvironment,
  type Environment,
  type EnvironmentOptions,
} from "../environment.ts";
import { n8nOwner } from "../n8n/furnish.ts";
import { dataDirectoryFrom } from "../paths.ts";
import { portNames, type PortChoice } from "../ports.ts";
import { processes } from "../processes.ts";
import { n8nVersion } from "../servers/n8n.ts";
import { askStatus } from "../supervisor/control.ts";
import { runSupervisor } from "../supervisor/run.ts";
import type { EnvironmentStatus } from "../supervisor/state.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { print, progress, seconds } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { loadDotEnv, urlsOf } from "../variables.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "up";
const usage = `catalyst up [--detach] [--with-n8n] [--data DIR] [--ports BASE|auto] [--no-install] [--servers-only] [--stop-with PID]

  --detach        return when everything is healthy; ./catalyst down stops it
  --with-n8n      n8n ${n8nVersion} too, with Catalyst's nodes, its credentials and workflows; brought once, about four minutes
  --data DIR      keep the data there (default: CATALYST_DATA, else .catalyst)
  --ports BASE    ${portNames.length} consecutive ports from BASE; auto: free ones. Kept with the data
  --no-install    install nothing into the system; print the line to paste instead
  --servers-only  Kafka, PostgreSQL, Redis and Temporal alone
  --stop-with PID stop when that process ends, however it ends`;

async function run(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const { values } = parseFlags({ name, usage }, args, {
    detach: { type: "boolean" },
    "with-n8n": { type: "boolean" },
    data: { type: "string" },
    ports: { type: "string" },
    "no-install": { type: "boolean" },
    "servers-only": { type: "boolean" },
    "stop-with": { type: "string" },
  });
  if (values["with-n8n"] && values["servers-only"])
    throw new UsageError("--with-n8n needs the gateway: leave --servers-only out");
  loadDotEnv();
  const options: EnvironmentOptions = {
    dataDirectory: dataDirectoryFrom(values.data),
    ports: parsePortChoice(values.ports),
    processes: values["servers-only"] ? [] : processes.map((one) => one.name),
    withN8n: values["with-n8n"] ?? false,
    allowSystemPackages: !values["no-install"],
    lifetime: parseLifetime(values["stop-with"]),
    progress,
    onStatus: startReporter(),
  };
  const running = await askStatus(options.dataDirectory);
  if (running) {
    progress(`already running on ${running.data} (supervisor pid ${running.supervisor})`);
    print(statusTable(running));
    if (options.withN8n && !namesOf(running).has("n8n"))
      throw new UsageError("it runs without n8n: ./catalyst down, then up --with-n8n", 1);
    return 0;
  }
  progress(`starting on ${options.dataDirectory}`);
  if (values.detach) return startDetached(options, started);
  return stayInForeground(options, started);
}

export const command: CatalystCommand = { name, summary: "start the servers and every process", usage, run };

/** `--ports` as it is typed: a number, "auto", or nothing. */
export function parsePortChoice(text: string | undefined): PortChoice {
  if (text === undefined) return "keep";
  if (text === "auto") return "auto";
  const highest = 65_535 - portNames.length;
  const base = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (base >= 1024 && base <= highest) return base;
  throw new UsageError(`--ports takes a number from 1024 to ${highest}, or auto; not ${text}`);
}

function parseLifetime(text: string | undefined): "independent" | number {
  if (text === undefined) return "independent";
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new UsageError(`--stop-with takes a process id, not ${text}`);
}

async function startDetached(options: EnvironmentOptions, started: number): Promise<number> {
  const environment = await startEnvironment(options);
  const status = await environment.status();
  report(status, started, environment);
  progress("./catalyst down stops it");
  return 0;
}

async function stayInForeground(options: EnvironmentOptions, started: number): Promise<number> {
  const prepared = await prepareEnvironment(options);
  const caller = callerOf(options.lifetime ?? "independent");
  let follow: NodeJS.Timeout | undefined;
  const begin = (supervisor: Supervisor): void => {
    follow = setInterval(() => options.onStatus?.(supervisor.status()), 100);
  };
  const end = (): void => clearInterval(follow);
  try {
    await runSupervisor({
      ...prepared,
      processes: processes.filter((one) => options.processes?.includes(one.name)),
      withN8n: options.withN8n ?? false,
      environment: process.env,
      ...(caller && { caller }),
      started: begin,
      running: (supervisor) => {
        options.onStatus?.(supervisor.status());
        end();
        const status = supervisor.status();
        report(status, started, { ...prepared, urls: urlsOf(prepared.ports, prepared.secrets) });
        progress("Ctrl-C stops it");
      },
      stopping: () => {
        end();
        progress("stopping …");
      },
    });
  } finally {
    end();
  }
  progress("stopped; the data stays");
  return 0;
}

function namesOf(status: EnvironmentStatus): ReadonlySet<string> {
  return new Set(status.processes.map((one) => one.name));
}

function report(
  status: EnvironmentStatus,
  started: number,
  { urls, secrets }: Pick<Environment, "urls" | "secrets">,
): void {
  const names = namesOf(status);
  print(`\n${statusTable(status)}\n\n${linkTable(urls, names)}\n`);
  if (names.has("n8n")) print(`n8n: sign in as ${n8nOwner}, password ${secrets.n8nPassword}\n`);
  progress(`all healthy after ${seconds(performance.now() - started)}`);
}
