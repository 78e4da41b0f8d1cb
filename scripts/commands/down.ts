import { stopEnvironment } from "../environment.ts";
import { dataDirectoryFrom } from "../paths.ts";
import { progress } from "../terminal.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "down";
const usage = "catalyst down [--data DIR]";

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseFlags({ name, usage }, args, { data: { type: "string" } });
  const directory = dataDirectoryFrom(values.data);
  const outcome = await stopEnvironment(directory);
  if (outcome === "nothing") progress(`nothing runs on ${directory}`);
  else if (outcome === "stopped") progress("stopped; the data stays");
  else progress(`stopped what a killed supervisor had left: ${outcome.join(", ")}`);
  return 0;
}

export const command: CatalystCommand = { name, summary: "stop everything; the data stays", usage, run };
