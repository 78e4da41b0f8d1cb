import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rootDirectory } from "../paths.ts";
import { breakages, type Breakage } from "../sabotage/breakages.ts";
import { runCommand } from "../servers/run-command.ts";
import { print, progress, seconds, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "sabotage";
const usage = `catalyst sabotage [PATTERN] [--json]

  Breaks the billing engine on purpose, one line at a time in a copy of the work tree, and runs the tests that must notice.
  PATTERN  only the breakages whose name matches it (a regular expression)
  Exit code 0: the tests pass on the code as it is, and every breakage turned them red. 1: one went unnoticed.`;

const TESTS_MAX_MS = 300_000;

interface Verdict {
  readonly breakage: Breakage;
  readonly noticed: boolean;
  readonly milliseconds: number;
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags({ name, usage }, args, { json: { type: "boolean" } }, true);
  const [pattern = "", ...rest] = positionals;
  if (rest.length > 0) throw new UsageError("catalyst sabotage takes one PATTERN");
  const chosen = breakages.filter((breakage) => new RegExp(pattern, "i").test(breakage.name));
  if (chosen.length === 0)
    throw new UsageError(
      `no breakage matches ${pattern}. Known: ${breakages.map((one) => one.name).join(", ")}`,
    );
  const copy = mkdtempSync(join(tmpdir(), "catalyst-sabotage-"));
  try {
    await copyWorkTree(copy);
    await mustBeGreen(copy, chosen);
    const verdicts: Verdict[] = [];
    for (const breakage of chosen) {
      const verdict = await tryBreakage(copy, breakage);
      progress(
        `${verdict.noticed ? "✓ red" : "✗ NOBODY NOTICED"}  ${breakage.name} (${seconds(verdict.milliseconds)})`,
      );
      verdicts.push(verdict);
    }
    report(verdicts, values.json === true);
    return verdicts.every(({ noticed }) => noticed) ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

export const command: CatalystCommand = {
  name,
  summary: "break the billing engine on purpose: do the tests notice?",
  usage,
  run,
};

/** The files that git knows, as they are now; packages by a link. */
async function copyWorkTree(copy: string): Promise<void> {
  const { code, output } = await runCommand(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard"],
    {
      cwd: rootDirectory,
    },
  );
  if (code !== 0) throw new UsageError(`catalyst sabotage works in a git work tree:\n${output}`, 1);
  for (const file of output.split("\n").filter((line) => /\.(ts|js|json|lua|sql)$/.test(line))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(rootDirectory, file), join(copy, file));
  }
  symlinkSync(join(rootDirectory, "node_modules"), join(copy, "node_modules"));
}

async function mustBeGreen(copy: string, chosen: readonly Breakage[]): Promise<void> {
  const tests = [...new Set(chosen.flatMap((breakage) => breakage.tests))];
  progress(`  ${tests.length} test files on the code as it is …`);
  const { code, output } = await runTests(copy, tests);
  if (code !== 0)
    throw new UsageError(`the tests fail before anything is broken:\n${output.slice(-4_000)}`, 1);
}

async function tryBreakage(copy: string, breakage: Breakage): Promise<Verdict> {
  const path = join(copy, breakage.file);
  const whole = readFileSync(path, "utf8");
  const [before, after, ...more] = whole.split(breakage.line);
  if (after === undefined || more.length > 0)
    throw new UsageError(`${breakage.file} does not hold exactly once: ${breakage.line}`, 1);
  const startedAt = performance.now();
  writeFileSync(path, `${before}${breakage.instead}${after}`);
  const { code } = await runTests(copy, breakage.tests);
  writeFileSync(path, whole);
  return { breakage, noticed: code !== 0, milliseconds: performance.now() - startedAt };
}

function runTests(copy: string, tests: readonly string[]): ReturnType<typeof runCommand> {
  const args = ["--experimental-vm-modules", join(rootDirectory, "node_modules", "jest", "bin", "jest.js")];
  const flags = ["--runInBand", "--forceExit", "--bail", "--testTimeout=120000", "--runTestsByPath"];
  return runCommand(process.execPath, [...args, ...flags, ...tests], { cwd: copy, timeoutMs: TESTS_MAX_MS });
}

function report(verdicts: readonly Verdict[], json: boolean): void {
  if (json) {
    const rows = verdicts.map(({ breakage: { name: broken, harm, file }, noticed }) => ({
      broken,
      harm,
      file,
      noticed,
    }));
    print(JSON.stringify(rows));
    return;
  }
  const rows = verdicts.map(({ breakage, noticed }) => [
    breakage.name,
    noticed ? "red" : "NOT NOTICED",
    breakage.harm,
  ]);
  print(table([["BROKEN", "TESTS", "OTHERWISE"], ...rows]));
}
