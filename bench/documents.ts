import { readFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { NodeCompiler } from "@myriaddreamin/typst-ts-node-compiler";
import { createInvoiceDocuments } from "#adapters/documents/invoice-documents.ts";
import { fontFolders } from "#adapters/documents/pdf/fonts.ts";
import type { Invoice } from "#domain/invoicing/invoice.ts";
import { rootDirectory } from "../scripts/paths.ts";
import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./checks.ts";
import { cpuTimes } from "./cpu.ts";

const DOCUMENTS = 200;
const WARM_UP = 20;
const BAR = 20;
/** 25 lines on two pages, Latin script, a QR code, two taxes. */
const SAMPLE = join(rootDirectory, "examples", "invoices", "telecom-month.json");

export const bench: Bench = {
  name: "documents",
  summary: "PDFs of two pages per second of one core's time; beside one-page sheets of one sentence",
  run,
};

async function run(options: BenchOptions): Promise<BenchResult> {
  const documents = options.messages ?? DOCUMENTS;
  options.progress(`setting ${documents} invoices …`);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const product = await measure(documents, setInvoices(delay));
  delay.disable();
  options.progress("sheets of one sentence …");
  const ceiling = await measure(documents, setSentences());
  const ratio = product.perCoreSecond / ceiling.perCoreSecond;
  return {
    bench: "documents",
    figure: rounded(product.perCoreSecond),
    unit: "PDFs/s of a core",
    ceiling: rounded(ceiling.perCoreSecond),
    ratio: Math.round(ratio * 1000) / 1000,
    p50_ms: rounded(percentile(product.latencies, 0.5)),
    p99_ms: rounded(percentile(product.latencies, 0.99)),
    lost: 0,
    duplicated: 0,
    tables: [
      {
        title: "Bar, and what else was seen",
        rows: [
          ["AT LEAST", "BY THE CLOCK", "BYTES EACH", "LOOP DELAY P99", ""],
          [
            `${BAR} PDFs/s of a core`,
            `${rounded(product.perSecond)} PDFs/s`,
            String(Math.round(product.bytes)),
            `${rounded(delay.percentile(99) / 1e6)} ms`,
            product.perCoreSecond >= BAR ? "met" : "not met",
          ],
        ],
      },
    ],
  };
}

interface Measure {
  /** By the processor time of this process and the one that typesets: what else runs on the machine does not count. */
  readonly perCoreSecond: number;
  readonly perSecond: number;
  readonly latencies: readonly number[];
  readonly bytes: number;
}

type SetOne = (index: number) => Promise<number>;

async function measure(documents: number, setOne: SetOne): Promise<Measure> {
  for (let index = 0; index < WARM_UP; index += 1) await setOne(index);
  const latencies: number[] = [];
  let bytes = 0;
  const startedAt = performance.now();
  const cpuAt = coreMs();
  for (let index = 0; index < documents; index += 1) {
    const sheetAt = performance.now();
    bytes += await setOne(WARM_UP + index);
    latencies.push(performance.now() - sheetAt);
  }
  const cpu = coreMs() - cpuAt;
  return {
    perCoreSecond: documents / (cpu / 1000),
    perSecond: documents / ((performance.now() - startedAt) / 1000),
    latencies: latencies.sort((one, other) => one - other),
    bytes: bytes / documents,
  };
}

function coreMs(): number {
  const self = { name: "bench", pid: process.pid };
  return cpuTimes([self]).get(self.name) ?? 0;
}

/** Every invoice has its own number, descriptions and quantities: no text of one is that of another. */
function setInvoices(delay: ReturnType<typeof monitorEventLoopDelay>): SetOne {
  const invoice = JSON.parse(readFileSync(SAMPLE, "utf8")) as Invoice;
  const documents = createInvoiceDocuments();
  return async (index) => {
    const lines = invoice.lines.map((line) => ({
      ...line,
      description: `${line.description} ${index}`,
      quantity: String(BigInt(line.quantity) + BigInt(index)),
    }));
    const pdf = await documents.pdf({ ...invoice, number: `RE-2026-${100_000 + index}`, lines });
    if (index === WARM_UP - 1) delay.enable();
    return pdf.byteLength;
  };
}

/** The least that the library can do for a page. */
function setSentences(): SetOne {
  const compiler = NodeCompiler.create({ fontArgs: [{ fontPaths: fontFolders() }] });
  return (index) => {
    const { result } = compiler.compile({
      mainFileContent: `#set text(font: "Noto Sans")\nInvoice ${index}`,
    });
    if (result === null) throw new Error("a sheet of one sentence could not be set");
    const pdf = compiler.pdf(result, { pdfStandard: "a-2b" });
    compiler.evictCache(5);
    return Promise.resolve(pdf.byteLength);
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
