import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import {
  environmentFile,
  startEnvironment,
  type Environment,
  type EnvironmentOptions,
} from "../environment.ts";
import { rootDirectory } from "../paths.ts";
import { runCommand } from "../servers/run-command.ts";
import { installChromium } from "../servers/chromium.ts";
import { installTestServer } from "../servers/temporal-test-server.ts";
import { print, progress, seconds } from "../terminal.ts";
import { testAllVariable, testEnvironmentVariable } from "../test-environment.ts";
import { UsageError } from "../usage-error.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "test";
const usage = `catalyst test [--all] [--no-install] [PATTERN]

  Types, lint, format, dead code, unit tests, then the tests against real servers, which it starts on free ports.
  PATTERN: only the test files whose path matches it (a regular expression), without the other checks.
  --all: the long matrices too. The last line is "N passed, N failed"; each check counts as one.`;

interface Tally {
  passed: number;
  failed: number;
  /** What failed, to be said again at the end: a long run's first failure is far up by then. */
  readonly failures: string[];
}

const checks = [
  { title: "types", file: "tsc", args: ["--noEmit"] },
  { title: "lint", file: "oxlint", args: ["--type-aware", "--deny-warnings"] },
  { title: "format", file: "oxfmt", args: ["--check"] },
  { title: "dead code", file: "knip", args: [] },
];

async function run(args: readonly string[]): Promise<number> {
  const options = { all: { type: "boolean" }, "no-install": { type: "boolean" } } as const;
  const { values, positionals } = parseFlags({ name, usage }, args, options, true);
  const [pattern, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError("catalyst test takes one PATTERN");
  if (values.all) process.env[testAllVariable] = "1";
  const tally: Tally = { passed: 0, failed: 0, failures: [] };
  if (pattern === undefined) for (const check of checks) await runCheck(check, tally);
  await runUnitTests(pattern, tally);
  await runIntegrationTests(pattern, !values["no-install"], tally);
  if (tally.passed + tally.failed === 0) progress(`no test file matches ${pattern ?? "anything"}`);
  for (const failure of tally.failures) progress(`✗ ${failure}`);
  print(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
}

export const command: CatalystCommand = { name, summary: "every check and every test", usage, run };

async function runCheck(check: (typeof checks)[number], tally: Tally): Promise<void> {
  const started = performance.now();
  const result = await runCommand(join(rootDirectory, "node_modules", ".bin", check.file), check.args, {
    cwd: rootDirectory,
  });
  const took = seconds(performance.now() - started);
  if (result.code === 0) {
    tally.passed += 1;
    progress(`✓ ${check.title} (${took})`);
  } else {
    tally.failed += 1;
    tally.failures.push(check.title);
    progress(`${result.output.trimEnd()}\n✗ ${check.title} (${took})`);
  }
}

async function runUnitTests(pattern: string | undefined, tally: Tally): Promise<void> {
  const files = await testFiles("unit", pattern);
  if (files.length > 0) await runJest("unit", files, [], tally);
}

async function runIntegrationTests(
  pattern: string | undefined,
  allowSystemPackages: boolean,
  tally: Tally,
): Promise<void> {
  const files = await testFiles("integration", pattern);
  if (files.some((file) => skipsTime.test(file))) await installTestServer(progress);
  const inN8n = files.filter((file) => needsN8n.test(file));
  const others = files.filter((file) => !needsN8n.test(file));
  await runOnServers(others, { allowSystemPackages, withN8n: false }, tally);
  if (inN8n.length > 0 && allowSystemPackages) await installChromium(progress);
  await runOnServers(inN8n, { allowSystemPackages, withN8n: true }, tally);
}

async function runOnServers(
  files: readonly string[],
  options: Pick<EnvironmentOptions, "allowSystemPackages" | "withN8n">,
  tally: Tally,
): Promise<void> {
  if (files.length === 0) return;
  // One file at a time: they share the servers, and some kill them.
  const flags = ["--runInBand", "--testTimeout=120000", "--forceExit"];
  if (process.env[testEnvironmentVariable] || files.every((file) => ownEnvironment.test(file))) {
    await runJest("integration", files, flags, tally);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "catalyst-test-"));
  let environment: Environment | undefined;
  const failedBefore = tally.failed;
  try {
    const started = performance.now();
    environment = await startEnvironment({
      dataDirectory: join(folder, "data"),
      ports: "auto",
      env: { ALERTS_TENANT: "ALERTS" },
      ...options,
      progress,
    });
    const what = options.withN8n ? "servers, processes and n8n" : "servers and processes";
    progress(`✓ ${what} for the tests (${seconds(performance.now() - started)})`);
    process.env[testEnvironmentVariable] = environmentFile(environment.dataDirectory);
    await runJest("integration", files, flags, tally);
  } catch (error) {
    tally.failed += 1;
    tally.failures.push("servers and processes for the tests");
    progress(`${(error as Error).message}\n✗ servers and processes for the tests`);
  } finally {
    await environment?.stop();
    delete process.env[testEnvironmentVariable];
    if (tally.failed > failedBefore) keepLogs(join(folder, "data", "logs"));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Tests on Temporal's test server, which is fetched before their own limits of time begin. */
const skipsTime = /^tests\/workflows\//;

/** Tests that start what they need themselves, or need nothing that runs. */
const ownEnvironment = /^tests\/(launcher\/|architecture\/|failure\/|simulation\/|golden\/|n8n\/package\.)/;

/** Tests with a real n8n, whose canvases would answer to what the other tests do: on servers of their own. */
const needsN8n = /^tests\/n8n\/(?!package\.)/;

/** Test files of a jest project, as paths from the root of the work tree. */
async function testFiles(project: string, pattern: string | undefined): Promise<string[]> {
  const args = [...jest, "--listTests", "--json", "--selectProjects", project];
  if (pattern !== undefined) args.push("--testPathPatterns", pattern);
  const { code, output } = await runCommand(process.execPath, args, { cwd: rootDirectory });
  const list = output.split("\n").find((line) => line.startsWith("["));
  if (code !== 0 || list === undefined) {
    if (/No tests found/.test(output)) return [];
    throw new UsageError(`jest could not list its tests:\n${output}`, 1);
  }
  return (JSON.parse(list) as string[]).map((file) => relative(rootDirectory, file)).sort();
}

const jest = [
  "--experimental-vm-modules",
  "--disable-warning=ExperimentalWarning",
  join(rootDirectory, "node_modules", "jest", "bin", "jest.js"),
];

/** What jest writes by --json, as far as it is read here. https://jestjs.io/docs/cli#--json */
interface JestResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Files that failed before any of their tests ran. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** The path, the name and the first line of why, for each test that failed and each file that did before its tests. */
function failuresOf({ testResults }: JestResult): string[] {
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const path = relative(rootDirectory, name);
    const failed = assertionResults.filter((test) => test.status === "failed");
    if (failed.length === 0) return status === "failed" ? [path] : [];
    return failed.map(({ fullName, failureMessages: [why = ""] }) => {
      return `${path} › ${fullName}: ${stripVTControlCharacters(why).split("\n", 1).join()}`;
    });
  });
}

async function runJest(
  project: string,
  files: readonly string[],
  flags: readonly string[],
  tally: Tally,
): Promise<void> {
  const started = performance.now();
  progress(`  ${project} tests, ${files.length} files …`);
  const folder = mkdtempSync(join(tmpdir(), "catalyst-jest-"));
  const outputFile = join(folder, "result.json");
  const paths = ["--runTestsByPath", ...files];
  const args = [
    ...jest,
    "--selectProjects",
    project,
    "--json",
    `--outputFile=${outputFile}`,
    ...flags,
    ...paths,
  ];
  const code = await runVisibly(args);
  const took = seconds(performance.now() - started);
  const result = existsSync(outputFile)
    ? (JSON.parse(readFileSync(outputFile, "utf8")) as JestResult)
    : undefined;
  rmSync(folder, { recursive: true, force: true });
  const passed = result?.numPassedTests ?? 0;
  // A run that ends badly without naming a failed test (a crash, a leak found at its end) is a failure all the same.
  const counted = (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0);
  const failed = code === 0 ? counted : Math.max(1, counted);
  tally.passed += passed;
  tally.failed += failed;
  const named = result === undefined ? [] : failuresOf(result);
  tally.failures.push(...(failed > 0 && named.length === 0 ? [`${project} tests ended badly`] : named));
  progress(`${failed === 0 ? "✓" : "✗"} ${project} tests: ${passed} passed, ${failed} failed (${took})`);
}

/** jest's report goes to standard error; its JSON, which it also prints, is in the file already. */
function runVisibly(args: readonly string[]): Promise<number | null> {
  return new Promise((settle) => {
    const child = spawn(process.execPath, args, {
      cwd: rootDirectory,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const end = (code: number | null): void => {
      for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, interrupt);
      settle(code);
    };
    // An interrupted run still stops its servers and removes its folder.
    const interrupt = (): void => {
      child.kill("SIGKILL");
    };
    for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, interrupt);
    child.once("error", () => end(null));
    child.once("exit", end);
  });
}

function keepLogs(logs: string): void {
  if (!existsSync(logs)) return;
  const kept = join(rootDirectory, ".catalyst", "test-logs");
  rmSync(kept, { recursive: true, force: true });
  cpSync(logs, kept, { recursive: true });
  progress(`  the logs of servers and processes are in ${kept}`);
}
