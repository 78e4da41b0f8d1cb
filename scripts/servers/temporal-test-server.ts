import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../paths.ts";
import { requireJava } from "./java.ts";
import { fetchJars, mavenPrerequisite } from "./maven.ts";
import type { Command } from "./server.ts";
import { canInstallPackages, installPackages } from "./system-packages.ts";

const version = "1.38.0";
const jars = join(cacheDirectory, `temporal-test-server-${version}`);

/**
 * Brings Temporal's server for tests, which skips time, into the cache (https://github.com/temporalio/sdk-java). Quick and silent when
 * it is there. @throws UsageError with the remedy.
 */
export async function installTestServer(progress: (line: string) => void): Promise<void> {
  if (existsSync(jars)) return;
  // Kafka's jars may have come from another machine: Maven is then needed here for the first time.
  const maven = mavenPrerequisite();
  if (maven.state === "missing" && canInstallPackages()) await installPackages([maven], progress);
  const source = "io.temporal:temporal-test-server, about 33 MB";
  const title = "Temporal's test server";
  const pom = "temporal-test-server-pom.xml";
  await fetchJars({ title, version, source, pom, folder: jars }, progress);
}

/** Its clock stands with ours until a test lets it skip. It writes nothing to disk. */
export async function testServerCommand(port: number): Promise<Command> {
  // Ready in a second: small, and compiled no further than a test of seconds is worth.
  const quick = ["-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];
  const args = [...quick, "-cp", join(jars, "*"), "io.temporal.testserver.TestServer", `${port}`];
  return { file: await requireJava(), args };
}
