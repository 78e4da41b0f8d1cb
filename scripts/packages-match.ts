/**
 * Exit 0 when node_modules holds what package-lock.json asks for, by the list npm writes last of all
 * (node_modules/.package-lock.json): so an interrupted npm never counts as done.
 * Usage: node packages-match.ts ROOT. Imports node: only, since it runs before any package is there.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface LockedPackage {
  version?: string;
  optional?: boolean;
  link?: boolean;
}

function packagesOf(file: string): Map<string, LockedPackage> {
  const lock = JSON.parse(readFileSync(file, "utf8")) as { packages?: Record<string, LockedPackage> };
  return new Map(Object.entries(lock.packages ?? {}).filter(([path]) => path !== ""));
}

function matches(root: string): boolean {
  const wanted = packagesOf(join(root, "package-lock.json"));
  const present = packagesOf(join(root, "node_modules", ".package-lock.json"));
  for (const [path, entry] of wanted) {
    const found = present.get(path);
    // Optional packages of other platforms are never there.
    if (!found && entry.optional) continue;
    if (found?.version !== entry.version) return false;
  }
  return true;
}

try {
  process.exitCode = matches(process.argv[2] ?? ".") ? 0 : 1;
} catch {
  process.exitCode = 1;
}
