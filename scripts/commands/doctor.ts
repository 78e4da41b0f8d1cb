import { rootDirectory } from "../paths.ts";
import { runCommand, findOnPath } from "../servers/run-command.ts";
import type { Prerequisite } from "../servers/server.ts";
import { canInstallPackages, installLine } from "../servers/system-packages.ts";
import { n8n } from "../servers/n8n.ts";
import { servers } from "../servers/table.ts";
import { print, table } from "../terminal.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "doctor";
const usage = `catalyst doctor [--json]

  Every prerequisite and its state. present: on this machine. cached: brought by an earlier start.
  brought: the next start brings it. missing: see the remedy. Exit code 1 when something is missing.`;

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseFlags({ name, usage }, args, { json: { type: "boolean" } });
  const all = [
    ...(await ownPrerequisites()),
    ...(await Promise.all([...servers, n8n].map((one) => one.prerequisites()))).flat(),
  ];
  const missing = all.filter((one) => one.state === "missing");
  if (values.json) {
    print(JSON.stringify(all.map((one) => ({ ...one, ...remedyOf(one) }))));
  } else {
    const rows = all.map((one) => [
      one.name,
      one.state,
      one.version ?? "-",
      one.path ?? "-",
      remedyOf(one).remedy ?? "",
    ]);
    print(table([["PREREQUISITE", "STATE", "VERSION", "WHERE", "REMEDY"], ...rows]));
    print(
      missing.length === 0
        ? "\nNothing is missing."
        : `\nMissing: ${missing.map((one) => one.name).join(", ")}.`,
    );
    if (missing.length > 0 && canInstallPackages()) print("./catalyst up installs it.");
  }
  return missing.length === 0 ? 0 : 1;
}

export const command: CatalystCommand = { name, summary: "every prerequisite and its state", usage, run };

async function ownPrerequisites(): Promise<Prerequisite[]> {
  const npm = findOnPath("npm");
  const npmVersion =
    npm === undefined ? undefined : (await runCommand(npm, ["--version"])).output.trim().split("\n").at(-1);
  return [
    { name: "Node 24.12 or newer", state: "present", version: process.version, path: process.execPath },
    npm === undefined || npmVersion === undefined
      ? { name: "npm", state: "missing", remedy: "install Node 20 or newer with npm: https://nodejs.org" }
      : { name: "npm", state: "present", version: npmVersion, path: npm },
    { name: "packages", state: "present", path: `${rootDirectory}/node_modules` },
  ];
}

function remedyOf(one: Prerequisite): { remedy?: string } {
  if (one.state === "missing" && one.packages) {
    return {
      remedy: one.remedy === undefined ? installLine([one]) : `${installLine([one])} (${one.remedy})`,
    };
  }
  return one.state === "present" || one.state === "cached" || one.remedy === undefined
    ? {}
    : { remedy: one.remedy };
}
