import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { delimiter, dirname, join, relative, sep } from "node:path";
import { cacheDirectory, rootDirectory } from "../paths.ts";
import { whileLocked } from "../servers/install-lock.ts";
import { type CommandResult, findOnPath, lastLines, runCommand } from "../servers/run-command.ts";
import { UsageError } from "../usage-error.ts";

type Progress = (line: string) => void;

const bridgeDirectory = join(rootDirectory, "n8n-bridge");
const cached = join(cacheDirectory, "n8n-bridge");

/** What no build of the package depends on; the workflows are brought, not packed. */
const LEFT_OUT = new Set(["node_modules", "dist", "workflows"]);

/** Builds and packs n8n-nodes-catalyst. Quick where these very sources were built before. @returns the path of the archive. */
export async function buildBridge(progress: Progress): Promise<string> {
  return archiveIn(await builtBridge(progress));
}

/** A copy of the package outside of the work tree, built and packed, with its tools: its npm scripts run there. @returns its folder. */
export async function builtBridge(progress: Progress): Promise<string> {
  const folder = join(cached, sourcesDigest());
  const waiting = () => progress("  n8n-nodes-catalyst: another copy is building it; waiting …");
  if (!existsSync(folder)) {
    await whileLocked(folder, waiting, async () => {
      if (!existsSync(folder)) await build(folder, progress);
    });
  }
  progress("  n8n-nodes-catalyst: ready");
  return folder;
}

/** Runs one of the package's npm scripts in its folder. */
export function runBridgeScript(folder: string, script: string): Promise<CommandResult> {
  return runNpm(["run", script], folder);
}

async function build(folder: string, progress: Progress): Promise<void> {
  const tools = await installTools(progress);
  progress("  n8n-nodes-catalyst: building …");
  mkdirSync(cached, { recursive: true });
  const draft = mkdtempSync(join(cached, "draft-"));
  cpSync(bridgeDirectory, draft, { recursive: true, filter: isSource });
  symlinkSync(join(tools, "node_modules"), join(draft, "node_modules"));
  for (const args of [["run", "build"], ["pack"]]) {
    const result = await runNpm(args, draft);
    if (result.code !== 0)
      throw new UsageError(
        `npm ${args.join(" ")} of n8n-bridge/ failed:\n${lastLines(result.output, 30)}`,
        1,
      );
  }
  renameSync(draft, folder);
}

/** The compiler and n8n's linter, once for every lock file: a minute or three, 0.8 GB. @returns the folder of their node_modules. */
async function installTools(progress: Progress): Promise<string> {
  const lock = readFileSync(join(bridgeDirectory, "package-lock.json"));
  const folder = join(cacheDirectory, `n8n-bridge-tools-${digestOf([lock])}`);
  if (existsSync(folder)) return folder;
  const waiting = () => progress("  n8n's node tools: another copy is installing them; waiting …");
  await whileLocked(folder, waiting, async () => {
    if (existsSync(folder)) return;
    progress("  n8n's node tools: installing by npm, up to three minutes once …");
    const draft = `${folder}.new`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    for (const file of ["package.json", "package-lock.json"])
      cpSync(join(bridgeDirectory, file), join(draft, file));
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
    const result = await runNpm(["install", ...flags], draft);
    if (result.code !== 0)
      throw new UsageError(`npm could not install n8n's node tools:\n${lastLines(result.output, 12)}`, 1);
    renameSync(draft, folder);
  });
  return folder;
}

function runNpm(args: readonly string[], cwd: string): Promise<CommandResult> {
  const npm = findOnPath("npm");
  if (npm === undefined)
    throw new UsageError(
      "n8n-nodes-catalyst is built by npm, which was not found: install Node 24 with npm",
      1,
    );
  // The tools ask for a recent Node: npm must run by ours. n8n's rules answer otherwise where NODE_ENV is "test".
  const path = [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
  const environment = { ...process.env, PATH: path, CI: "true", NODE_ENV: "development" };
  return runCommand(npm, args, { cwd, environment });
}

function archiveIn(folder: string): string {
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (archive === undefined) throw new Error(`${folder} has no archive: delete it, and it is built again`);
  return join(folder, archive);
}

function sourcesDigest(): string {
  const tops = readdirSync(bridgeDirectory).map((name) => join(bridgeDirectory, name));
  const files = tops.filter(isSource).flatMap(filesBelow).sort();
  return digestOf(files.flatMap((file) => [relative(bridgeDirectory, file), readFileSync(file)]));
}

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesBelow(join(path, name)));
}

function isSource(path: string): boolean {
  const [top = ""] = relative(bridgeDirectory, path).split(sep);
  return !LEFT_OUT.has(top) && !path.endsWith(".tgz");
}

function digestOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 16);
}
