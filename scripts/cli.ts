import { closest } from "./closest.ts";
import { commands } from "./commands/table.ts";
import { progress } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

async function run([name = "help", ...args]: readonly string[]): Promise<number> {
  if (name === "--help" || name === "-h") return run(["help"]);
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    const near = closest(name, Object.keys(commands));
    const hint = near === undefined ? "" : ` Did you mean ${near}?`;
    throw new UsageError(`unknown command ${name}.${hint} Known: ${Object.keys(commands).join(" ")}`);
  }
  if (args.includes("--help") || args.includes("-h")) return run(["help", name]);
  return (await load()).command.run(args);
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  progress(error.message);
  process.exitCode = error.exitCode;
}
