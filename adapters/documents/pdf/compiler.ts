import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NodeCompiler, type NodeTypstDocument } from "@myriaddreamin/typst-ts-node-compiler";
import { fontFolders } from "./fonts.ts";
import type { Sheet } from "./sheet.ts";

/** Results that so many sheets did not use again are forgotten: labels stay, a customer's lines go. */
const KEPT_SHEETS = 5;
const FOLDER = import.meta.dirname;

/** Tagged PDF/A; text that the standard has no place for (a character that no font has) is written as plain PDF. */
const STANDARDS = ["a-2a", "1.7"];

/**
 * Typst, with our fonts and template.
 * @returns typesets a sheet, blocking, in some 20 ms for two pages; throws Error with Typst's words where it cannot.
 */
export function createCompiler(): (sheet: Sheet) => Uint8Array<ArrayBuffer> {
  const template = readFileSync(join(FOLDER, "invoice.typ"), "utf8");
  const compiler = NodeCompiler.create({ workspace: FOLDER, fontArgs: [{ fontPaths: fontFolders() }] });
  return (sheet) => {
    try {
      return exported(compiler, compiled(compiler, template, sheet));
    } finally {
      compiler.resetShadow();
      compiler.evictCache(KEPT_SHEETS);
    }
  };
}

function compiled(compiler: NodeCompiler, template: string, { content, logo }: Sheet): NodeTypstDocument {
  const inputs = { content, logo: "" };
  if (logo !== null) {
    const file = `logo.${logo.type}`;
    compiler.mapShadow(join(FOLDER, file), Buffer.from(logo.bytes));
    const { result } = compiler.compile({ mainFileContent: template, inputs: { ...inputs, logo: file } });
    if (result !== null) return result;
    // A picture that cannot be read: the name is set in type.
  }
  const outcome = compiler.compile({ mainFileContent: template, inputs });
  if (outcome.result === null) throw new Error(JSON.stringify(outcome.takeError()?.shortDiagnostics));
  return outcome.result;
}

function exported(compiler: NodeCompiler, document: NodeTypstDocument): Uint8Array<ArrayBuffer> {
  let problem: unknown;
  for (const pdfStandard of STANDARDS) {
    try {
      return new Uint8Array(compiler.pdf(document, { pdfStandard }));
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}
