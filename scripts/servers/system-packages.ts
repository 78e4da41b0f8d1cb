import { existsSync, rmSync, writeFileSync } from "node:fs";
import { UsageError } from "../usage-error.ts";
import { findOnPath, lastLines, runCommand } from "./run-command.ts";
import type { Prerequisite } from "./server.ts";

const policyFile = "/usr/sbin/policy-rc.d";
// A package's own service would take the server's default port: Debian's policy layer lets us forbid the start.
const policy = "#!/bin/sh\n# Written by catalyst for the time of one installation.\nexit 101\n";

export function canInstallPackages(): boolean {
  return process.getuid?.() === 0 && findOnPath("apt-get") !== undefined;
}

/** The line to paste for what is missing. */
export function installLine(missing: readonly Prerequisite[]): string {
  const packages = missing.flatMap((one) => one.packages?.slice(0, 1) ?? []).join(" ");
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages}`;
}

/** Installs the first package that this distribution has for each missing thing, naming each. */
export async function installPackages(
  missing: readonly Prerequisite[],
  progress: (line: string) => void,
): Promise<void> {
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (args: readonly string[]) =>
    runCommand("apt-get", ["-o", "DPkg::Lock::Timeout=300", "-q", ...args], { environment });
  progress("  reading the distribution's package lists (apt-get update) …");
  await apt(["update"]);
  const packages: string[] = [];
  for (const one of missing) {
    const chosen = await firstAvailable(one.packages ?? []);
    if (chosen === undefined) {
      throw new UsageError(
        `${one.name} is missing, and this distribution has none of: ${one.packages?.join(", ")}`,
      );
    }
    progress(`  installing ${chosen} for ${one.name} …`);
    packages.push(chosen);
  }
  const result = await withoutServiceStarts(() =>
    apt(["install", "-y", "--no-install-recommends", ...packages]),
  );
  if (result.code !== 0) {
    throw new UsageError(`apt-get install ${packages.join(" ")} failed:\n${lastLines(result.output, 15)}`);
  }
  for (const unit of packages.filter((name) => name.endsWith("-server"))) await disableService(unit);
}

async function firstAvailable(packages: readonly string[]): Promise<string | undefined> {
  for (const name of packages) {
    const { output } = await runCommand("apt-cache", ["policy", name], {
      environment: { ...process.env, LC_ALL: "C" },
    });
    const candidate = /Candidate: (\S+)/.exec(output)?.[1];
    if (candidate !== undefined && candidate !== "(none)") return name;
  }
  return undefined;
}

async function withoutServiceStarts<T>(work: () => Promise<T>): Promise<T> {
  if (existsSync(policyFile)) return work();
  writeFileSync(policyFile, policy, { mode: 0o755 });
  try {
    return await work();
  } finally {
    rmSync(policyFile, { force: true });
  }
}

/** Not started now is not enough: the next boot must not start it either. */
async function disableService(unit: string): Promise<void> {
  if (existsSync("/run/systemd/system")) await runCommand("systemctl", ["disable", "--now", unit]);
  else if (findOnPath("update-rc.d")) await runCommand("update-rc.d", [unit, "disable"]);
}
