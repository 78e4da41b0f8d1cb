/** The supervisor of `up --detach` and of tests. Its one argument is JSON: DetachedOptions. Output goes to its log. */
import { dataPaths } from "../paths.ts";
import { choosePorts } from "../ports.ts";
import { processes } from "../processes.ts";
import { loadSecrets } from "../secrets.ts";
import { UsageError } from "../usage-error.ts";
import type { Identity } from "./identity.ts";
import { runSupervisor } from "./run.ts";

export interface DetachedOptions {
  readonly dataDirectory: string;
  /** Names from the table of processes. */
  readonly processes: readonly string[];
  readonly withN8n: boolean;
  readonly caller?: Identity;
}

const options = JSON.parse(process.argv[2] ?? "{}") as DetachedOptions;
const { dataDirectory, processes: names, withN8n, caller } = options;
const paths = dataPaths(dataDirectory);
const startedAt = new Date().toISOString();
try {
  process.stdout.write(`${startedAt} supervisor ${process.pid} starts\n`);
  await runSupervisor({
    dataDirectory,
    ports: await choosePorts(paths.ports, "keep", Math.random),
    secrets: loadSecrets(paths.secrets, process.env),
    processes: processes.filter((one) => names.includes(one.name)),
    withN8n,
    environment: process.env,
    ...(caller && { caller }),
  });
  process.stdout.write(`${new Date().toISOString()} supervisor ${process.pid} stopped\n`);
} catch (error) {
  process.stdout.write(`${error instanceof UsageError ? error.message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
