import { toConfig } from "#platform/config/config.ts";
import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./checks.ts";
import { inEnvironment } from "./environment.ts";
import { catalogLatency } from "./flows/catalog.ts";
import { throughput } from "./flows/throughput.ts";
import { ENTRIES, invoicesPerSecond, type Invoiced } from "./invoices/measure.ts";

const FLOWS = 3_000;
const TENANTS = 1_000;
const BAR_RATIO = 0.8;
const BAR_CATALOG_P99_MS = 50;
const BAR_INVOICES = 20;

export const bench: Bench = {
  name: "workflows",
  summary:
    "flows of one activity per second, encrypted and versioned, beside the bare SDK; the catalog's latency; invoices per second",
  run,
};

async function run(options: BenchOptions): Promise<BenchResult> {
  return inEnvironment(options, { processes: ["gateway"] }, async (environment) => {
    options.progress("the catalog …");
    const catalog = await catalogLatency(environment.urls.gateway, environment.secrets.adminToken);
    await environment.stopProcess("gateway");
    const { temporal, databaseUrl } = toConfig(environment.variables);
    // First of all, on a server that holds nothing else yet.
    const invoiced = await invoicesPerSecond(
      databaseUrl,
      temporal,
      options.tenants ?? TENANTS,
      [
        { name: "temporal", pid: await environment.pid("temporal") },
        { name: "postgres", pid: await environment.pid("postgres") },
      ],
      options.progress,
    );
    const flows = await throughput(temporal, options.messages ?? FLOWS, options.progress);
    return result(flows, catalog, invoiced);
  });
}

function result(
  { product, bare }: Awaited<ReturnType<typeof throughput>>,
  catalog: Awaited<ReturnType<typeof catalogLatency>>,
  invoiced: Invoiced,
): BenchResult {
  const round = (value: number): number => Math.round(value * 10) / 10;
  const ratio = Math.round((product.perSecond / bare.perSecond) * 1000) / 1000;
  const verdict = (met: boolean): string => (met ? "met" : "not met");
  return {
    bench: "workflows",
    figure: round(product.perSecond),
    unit: "flows/s",
    ceiling: round(bare.perSecond),
    ratio,
    p50_ms: round(percentile(product.latencies, 0.5)),
    p99_ms: round(percentile(product.latencies, 0.99)),
    lost: product.lost + bare.lost + catalog.failed + invoiced.lost,
    duplicated: invoiced.duplicated,
    also: {
      catalog_p50_ms: round(catalog.p50),
      catalog_p99_ms: round(catalog.p99),
      invoices_per_s: round(invoiced.perSecond),
      invoices_ceiling_per_s: round(invoiced.ceiling),
      invoices_p50_ms: round(percentile(invoiced.latencies, 0.5)),
      invoices_p99_ms: round(percentile(invoiced.latencies, 0.99)),
      invoices_tenants: invoiced.tenants,
      invoices_set_up_s: Math.round(invoiced.setUpSeconds),
      ...Object.fromEntries(invoiced.cpu.map(([name, ms]) => [`invoices_cpu_ms_${name}`, round(ms)])),
    },
    tables: [
      {
        title: "Bars",
        rows: [
          ["", "REACHED", "BAR", ""],
          ["flows beside the bare SDK", String(ratio), `≥ ${BAR_RATIO}`, verdict(ratio >= BAR_RATIO)],
          [
            "GET /api/v2/workflows, p99",
            `${round(catalog.p99)} ms`,
            `< ${BAR_CATALOG_P99_MS} ms`,
            verdict(catalog.p99 < BAR_CATALOG_P99_MS),
          ],
          [
            `invoices of ${ENTRIES} entries, ${invoiced.tenants} tenants (raw ${round(invoiced.ceiling)}/s)`,
            `${round(invoiced.perSecond)}/s`,
            `≥ ${BAR_INVOICES}/s`,
            verdict(invoiced.perSecond >= BAR_INVOICES),
          ],
        ],
      },
      {
        title: "CPU of an invoice",
        rows: [["PROCESS", "MS OF A CORE"], ...invoiced.cpu.map(([name, ms]) => [name, String(round(ms))])],
      },
    ],
  };
}
