import { parseArgs, type ParseArgsConfig } from "node:util";
import { closest } from "../closest.ts";
import { UsageError } from "../usage-error.ts";

/** One command of ./catalyst. Every file in this folder named after a command exports `command`. */
export interface CatalystCommand {
  readonly name: string;
  /** One line for `help`. */
  readonly summary: string;
  /** The lines of `help NAME`, the first being the form of the command. */
  readonly usage: string;
  /** Answers the exit code. Throws UsageError for what its user can mend. */
  run(args: readonly string[]): Promise<number>;
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** node:util's parser, with errors that name the command and the nearest known flag. */
export function parseFlags<const T extends Options>(
  command: Pick<CatalystCommand, "name" | "usage">,
  args: readonly string[],
  options: T,
  allowPositionals = false,
): ReturnType<typeof parseArgs<{ args: string[]; options: T; allowPositionals: boolean; strict: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals, strict: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!code.startsWith("ERR_PARSE_ARGS")) throw error;
    throw new UsageError(`catalyst ${command.name}: ${explain(error as Error, Object.keys(options))}`);
  }
}

function explain(error: Error, known: readonly string[]): string {
  const flag = /Unknown option '(-[^']+)'/.exec(error.message)?.[1];
  if (flag === undefined) return error.message;
  const near = closest(flag.replace(/^-+/, ""), known);
  const hint = near === undefined ? "" : ` Did you mean --${near}?`;
  const all = known.map((name) => `--${name}`).join(" ");
  return `unknown flag ${flag}.${hint} Known: ${all || "none"}`;
}
