import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../usage-error.ts";
import { whileLocked } from "./install-lock.ts";
import { findOnPath, lastLines, runCommand } from "./run-command.ts";
import type { Prerequisite } from "./server.ts";

export function mavenPrerequisite(): Prerequisite {
  const path = findOnPath("mvn");
  const packages = ["maven"];
  return path === undefined
    ? { name: "Maven", state: "missing", packages }
    : { name: "Maven", state: "present", path, packages };
}

export interface Jars {
  /** As a person reads it in the progress. */
  readonly title: string;
  readonly version: string;
  /** What is fetched and how much it is. */
  readonly source: string;
  /** The file beside this one that names the coordinates, with `jars.version` for the version. */
  readonly pom: string;
  /** The folder of the jars, whole or absent. */
  readonly folder: string;
}

/** Fetches jars with all that they need, once for every copy on this machine; Maven checks their checksums. */
export async function fetchJars(jars: Jars, progress: (line: string) => void): Promise<void> {
  const { title, version, source, pom, folder } = jars;
  if (existsSync(folder)) return;
  const waiting = () => progress(`  ${title}: another copy is installing it; waiting …`);
  await whileLocked(folder, waiting, async () => {
    if (existsSync(folder)) return;
    progress(`  ${title} ${version}: fetching by Maven (${source}) …`);
    const draft = `${folder}.new`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    const result = await runCommand("mvn", [
      "--batch-mode",
      "--strict-checksums",
      "--file",
      join(import.meta.dirname, pom),
      `-Djars.version=${version}`,
      "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
      `-DoutputDirectory=${draft}`,
      "-DincludeScope=runtime",
    ]);
    if (result.code !== 0)
      throw new UsageError(`Maven could not fetch ${title}:\n${lastLines(result.output, 12)}`, 1);
    renameSync(draft, folder);
    progress(`  ${title} ${version}: ready`);
  });
}
