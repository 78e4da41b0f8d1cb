import { join } from "node:path";
import { UsageError } from "../usage-error.ts";
import { findOnPath, isExecutable, runCommand } from "./run-command.ts";
import type { Prerequisite } from "./server.ts";

const oldestJava = 17; // Kafka 4 brokers need it (KIP-1013)

/** The Java of JAVA_HOME or PATH, if it is recent enough. */
async function findJava(): Promise<{ path: string; version: string } | undefined> {
  const home = process.env["JAVA_HOME"];
  const candidates = [home === undefined ? undefined : join(home, "bin", "java"), findOnPath("java")];
  for (const path of candidates) {
    if (path === undefined || !isExecutable(path)) continue;
    const { output } = await runCommand(path, ["-version"], { timeoutMs: 10_000 });
    const version = /version "((\d+)[^"]*)"/.exec(output);
    if (version?.[1] !== undefined && Number(version[2]) >= oldestJava) return { path, version: version[1] };
  }
  return undefined;
}

/** Its path. @throws UsageError where there is none. */
export async function requireJava(): Promise<string> {
  const java = await findJava();
  if (!java)
    throw new UsageError("Java 17 or newer was not found. ./catalyst doctor shows how to get it.", 1);
  return java.path;
}

export async function javaPrerequisite(): Promise<Prerequisite> {
  const packages = [
    "openjdk-17-jre-headless",
    "openjdk-21-jre-headless",
    "openjdk-25-jre-headless",
    "default-jre-headless",
  ];
  const java = await findJava();
  const name = `Java ${oldestJava} or newer`;
  return java ? { name, state: "present", ...java, packages } : { name, state: "missing", packages };
}
