/* n8n's scan of community packages, of these sources and of what they were built to: its command takes published packages alone. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const scanner = join(
  createRequire(import.meta.url).resolve("@n8n/scan-community-package/package.json"),
  "..",
  "scanner",
);
const { analyzePackage, SOURCE_FILE_PATTERNS } = await import(
  pathToFileURL(join(scanner, "scanner.mjs")).href
);

const root = join(import.meta.dirname, "..");
const unpacked = mkdtempSync(join(tmpdir(), "n8n-nodes-catalyst-"));
try {
  const packed = execFileSync("npm", ["pack", "--pack-destination", unpacked], {
    cwd: root,
    encoding: "utf8",
  });
  execFileSync("tar", ["-xzf", join(unpacked, packed.trim().split("\n").at(-1)), "-C", unpacked]);
  await scan("sources", root, SOURCE_FILE_PATTERNS);
  await scan("archive", join(unpacked, "package"), ["**/*.js", "package.json"]);
} finally {
  rmSync(unpacked, { recursive: true, force: true });
}

async function scan(what, directory, patterns) {
  const { passed, message = "", details = "" } = await analyzePackage(directory, patterns);
  process.stdout.write(`${passed ? "passed" : "refused"}: the ${what}\n`);
  if (!passed) process.exitCode = 1;
  if (!passed) process.stderr.write(`${message}\n${details}\n`);
}
