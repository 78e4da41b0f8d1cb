import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { cacheDirectory } from "../../scripts/paths.ts";
import { requireJava } from "../../scripts/servers/java.ts";
import { fetchJars } from "../../scripts/servers/maven.ts";
import { runCommand } from "../../scripts/servers/run-command.ts";

const version = "3.2.10";
const jars = join(cacheDirectory, `ubl-rules-${version}`);
/** Of the Peppol release of November 2024, as its authors publish them. */
const RULES = ["CEN-EN16931-UBL", "PEPPOL-EN16931-UBL"];

/** Brings the published rules of EN 16931 and Peppol BIS Billing 3.0, and Saxon which runs them, into the cache. */
export function installUblRules(): Promise<void> {
  const source = "com.helger.phive.rules:phive-rules-peppol, net.sf.saxon:Saxon-HE, about 8 MB";
  const pom = "../../tests/documents/ubl-rules-pom.xml";
  return fetchJars({ title: "Rules of UBL", version, source, pom, folder: jars }, () => undefined);
}

/** @returns the rules that each document breaks, by the documents' names. */
export async function brokenRules(
  documents: ReadonlyMap<string, string>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const folder = mkdtempSync(join(tmpdir(), "catalyst-ubl-"));
  try {
    const input = join(folder, "in");
    mkdirSync(input);
    for (const [name, xml] of documents) writeFileSync(join(input, `${name}.xml`), xml);
    const broken = Object.fromEntries([...documents.keys()].map((name) => [name, [] as string[]]));
    for (const rules of RULES) {
      const output = join(folder, rules);
      await transform(rules, input, output);
      for (const file of readdirSync(output))
        broken[file.replace(/\.xml$/, "")]!.push(...failedAsserts(readFileSync(join(output, file), "utf8")));
    }
    return broken;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function transform(rules: string, input: string, output: string): Promise<void> {
  mkdirSync(output);
  const sheet = `${output}.xslt`;
  writeFileSync(sheet, sheetOf(rules));
  const args = [
    "-cp",
    join(jars, "*"),
    "net.sf.saxon.Transform",
    `-s:${input}`,
    `-o:${output}`,
    `-xsl:${sheet}`,
  ];
  const { code, output: said } = await runCommand(await requireJava(), args);
  if (code !== 0) throw new Error(said);
}

function sheetOf(rules: string): Uint8Array {
  const path = `external/schematron/openpeppol/2024.11/xslt/${rules}.xslt`;
  const archive = readFileSync(join(jars, `phive-rules-peppol-${version}.jar`));
  return unzipSync(archive, { filter: ({ name }) => name === path })[path]!;
}

function failedAsserts(report: string): string[] {
  if (!report.includes("<svrl:fired-rule")) throw new Error(`no rule was tried: ${report.slice(0, 500)}`);
  return [...report.matchAll(/<svrl:failed-assert\b[\s\S]*?\sid="([^"]+)"/g)].map((match) => match[1]!);
}
