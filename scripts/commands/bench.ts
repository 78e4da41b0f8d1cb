import { benches } from "../../bench/table.ts";
import type { BenchResult } from "../../bench/bench.ts";
import { closest } from "../closest.ts";
import { print, progress, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "bench";
const usage = `catalyst bench NAME [--json] [--messages N] [--rate half] [--tenants N] [--keep DIR] [--no-install]

  Measures on this machine, in an environment of its own, and compares with the raw ceiling of the same run.
  --json        one JSON object
  --messages N  messages of the measured phase
  --rate half   charging and hot-wallet: then three minutes at half the rate, with latency and memory
  --tenants N   workflows: tenants that are invoiced, 10,000 ledger entries each
  --keep DIR    keep the environment's data and logs there
  benches: ${Object.keys(benches).join(" ")}`;

const PACED: ReadonlySet<string> = new Set(["charging", "hot-wallet"]);

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(
    { name, usage },
    args,
    {
      json: { type: "boolean" },
      messages: { type: "string" },
      rate: { type: "string" },
      tenants: { type: "string" },
      keep: { type: "string" },
      "no-install": { type: "boolean" },
    },
    true,
  );
  const [benchName = "", ...rest] = positionals;
  const load = Object.hasOwn(benches, benchName) ? benches[benchName] : undefined;
  if (load === undefined || rest.length > 0) {
    const near = closest(benchName, Object.keys(benches));
    const hint = near === undefined ? "" : ` Did you mean ${near}?`;
    throw new UsageError(`catalyst bench takes one of: ${Object.keys(benches).join(" ")}.${hint}`);
  }
  if (values.rate !== undefined && !(values.rate === "half" && PACED.has(benchName)))
    throw new UsageError("--rate takes half, and only with charging or hot-wallet");
  if (values.tenants !== undefined && benchName !== "workflows")
    throw new UsageError("--tenants goes with workflows alone");
  const { bench } = await load();
  const result = await bench.run({
    allowSystemPackages: !values["no-install"],
    progress,
    ...(values.messages === undefined ? {} : { messages: messageCount(values.messages) }),
    ...(values.tenants === undefined ? {} : { tenants: tenantCount(values.tenants) }),
    ...(values.rate === undefined ? {} : { rate: "half" as const }),
    ...(values.keep === undefined ? {} : { dataDirectory: values.keep }),
  });
  const { tables, ...figures } = result;
  if (values.json) print(JSON.stringify(figures));
  else print(readable(figures, tables));
  return result.lost === 0 && result.duplicated === 0 ? 0 : 1;
}

export const command: CatalystCommand = { name, summary: "measure, against the raw ceiling", usage, run };

function tenantCount(text: string): number {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count < 4) throw new UsageError(`--tenants takes a number from 4; not ${text}`);
  return count;
}

function messageCount(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (count < 1_000) throw new UsageError(`--messages takes a number from 1000; not ${text}`);
  return count;
}

function readable(figures: Omit<BenchResult, "tables">, tables: BenchResult["tables"]): string {
  const summary = table([
    ["BENCH", "FIGURE", "CEILING", "RATIO", "P50", "P99", "LOST", "DUPLICATED"],
    [
      figures.bench,
      `${figures.figure} ${figures.unit}`,
      `${figures.ceiling} ${figures.unit}`,
      figures.ratio.toFixed(2),
      `${figures.p50_ms} ms`,
      `${figures.p99_ms} ms`,
      String(figures.lost),
      String(figures.duplicated),
    ],
  ]);
  return [summary, ...tables.map(({ title, rows }) => `${title}\n${table(rows)}`)].join("\n\n");
}
