import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { closest } from "../closest.ts";
import { dataDirectoryFrom, dataPaths } from "../paths.ts";
import { tail } from "../supervisor/log-file.ts";
import { UsageError } from "../usage-error.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "logs";
const usage = `catalyst logs NAME [-f] [--data DIR]

  The last 200 lines of a server's or process's log; -f (--follow) goes on until Ctrl-C.`;

async function run(args: readonly string[]): Promise<number> {
  const options = { follow: { type: "boolean", short: "f" }, data: { type: "string" } } as const;
  const { values, positionals } = parseFlags({ name, usage }, args, options, true);
  const file = logFileOf(dataPaths(dataDirectoryFrom(values.data)).logs, positionals);
  for (const line of tail(file, 200)) process.stdout.write(`${line}\n`);
  if (values.follow) await follow(file);
  return 0;
}

export const command: CatalystCommand = { name, summary: "the log of one server or process", usage, run };

function logFileOf(directory: string, [wanted, ...rest]: readonly string[]): string {
  const known = existsSync(directory) ? readdirSync(directory).filter((file) => file.endsWith(".log")) : [];
  const names = known.map((file) => file.slice(0, -".log".length)).sort();
  const list = names.length === 0 ? "There are no logs yet." : `Known: ${names.join(" ")}`;
  if (wanted === undefined || rest.length > 0) throw new UsageError(`catalyst logs takes one NAME. ${list}`);
  if (names.includes(wanted)) return join(directory, `${wanted}.log`);
  const near = closest(wanted, names);
  throw new UsageError(
    `there is no log named ${wanted}.${near === undefined ? "" : ` Did you mean ${near}?`} ${list}`,
  );
}

/** Looks five times a second: a log may be renamed or cut by its rotation at any time, which a look at its size shows. */
async function follow(file: string): Promise<never> {
  let descriptor = openSync(file, "r");
  let position = fstatSync(descriptor).size;
  const buffer = Buffer.alloc(65_536);
  for (;;) {
    let count = readSync(descriptor, buffer, 0, buffer.length, position);
    while (count > 0) {
      process.stdout.write(buffer.subarray(0, count));
      position += count;
      count = readSync(descriptor, buffer, 0, buffer.length, position);
    }
    await sleep(200);
    const current = existsSync(file) ? statSync(file) : undefined;
    if (current && (current.ino !== fstatSync(descriptor).ino || current.size < position)) {
      closeSync(descriptor);
      descriptor = openSync(file, "r");
      position = 0;
    }
  }
}
