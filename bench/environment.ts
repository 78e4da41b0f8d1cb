import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEnvironment, type Environment, type EnvironmentOptions } from "../scripts/environment.ts";
import type { BenchOptions } from "./bench.ts";

type Needs = Pick<EnvironmentOptions, "processes" | "withN8n" | "env">;

/** Measures in an environment of its own, which is stopped however that ends; its data goes too, unless the caller has named a folder. */
export async function inEnvironment<Result>(
  { dataDirectory, allowSystemPackages, progress }: BenchOptions,
  { env, ...needs }: Needs,
  measure: (environment: Environment) => Promise<Result>,
): Promise<Result> {
  const folder = dataDirectory ?? mkdtempSync(join(tmpdir(), "catalyst-bench-"));
  let environment: Environment | undefined;
  try {
    environment = await startEnvironment({
      ...needs,
      dataDirectory: folder,
      ports: "auto",
      env: { LOG_LEVEL: "warn", ...env },
      allowSystemPackages,
      progress,
    });
    return await measure(environment);
  } finally {
    await environment?.stop();
    if (dataDirectory === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
