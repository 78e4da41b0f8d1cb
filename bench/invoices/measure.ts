import { createPool, type Pool } from "#adapters/postgres/pool.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import type { TemporalConfig } from "#adapters/temporal/client.ts";
import { systemClock } from "#domain/clock.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { cpuTimes, cpuUsed, type CpuSubject } from "../cpu.ts";
import { prepareCeiling, rawInvoices } from "./ceiling.ts";
import { fillLedger, openTenants } from "./fill.ts";
import { startInvoicingFlows } from "./flows.ts";

export const ENTRIES = 10_000;
/** Product and ceiling by turns, so that what the machine does meanwhile falls on both. */
const ROUNDS = 4;
const DAY_MS = 86_400_000;

export interface Invoiced {
  readonly tenants: number;
  readonly perSecond: number;
  readonly ceiling: number;
  readonly setUpSeconds: number;
  /** Ascending. */
  readonly latencies: readonly number[];
  /** Tenants without their number, entries that no close holds. */
  readonly lost: number;
  /** Numbers beyond a tenant's first. */
  readonly duplicated: number;
  /** Milliseconds of a core that each process took for an invoice, the most first; the worker is the bench's own process. */
  readonly cpu: readonly (readonly [process: string, ms: number])[];
}

/**
 * @param tenants how many; each with 10,000 entries of the day before yesterday.
 * @param servers whose CPU is told.
 */
export async function invoicesPerSecond(
  databaseUrl: string,
  temporal: TemporalConfig,
  tenants: number,
  servers: readonly CpuSubject[],
  progress: (line: string) => void,
): Promise<Invoiced> {
  const pool = createPool(databaseUrl, "bench");
  const announcements = { flush: () => Promise.resolve() };
  const store = createTenantStore(pool, announcements, { clock: systemClock, onDelayed: () => {} });
  const day = new Date(Date.now() - 2 * DAY_MS).toISOString().slice(0, 10);
  try {
    const from = performance.now();
    progress(`${tenants} tenants with ${ENTRIES} entries each …`);
    const opened = await openTenants(store, tenants);
    await fillLedger(pool, opened, ENTRIES, day, (done) => {
      if (done % 100 === 0) progress(`  ${done} tenants`);
    });
    await prepareCeiling(pool);
    const setUpSeconds = (performance.now() - from) / 1000;
    progress(`set up in ${Math.round(setUpSeconds)} s`);
    const flows = await startInvoicingFlows(temporal, pool, store);
    try {
      const measured = await inRounds(pool, flows, opened, day, servers, progress);
      return { tenants, setUpSeconds, ...measured, ...(await verified(pool, tenants)) };
    } finally {
      await flows.close();
    }
  } finally {
    await pool.end();
  }
}

async function inRounds(
  pool: Pool,
  flows: Awaited<ReturnType<typeof startInvoicingFlows>>,
  tenants: readonly TenantConfiguration[],
  day: string,
  servers: readonly CpuSubject[],
  progress: (line: string) => void,
): Promise<Pick<Invoiced, "perSecond" | "ceiling" | "latencies" | "cpu">> {
  const latencies: number[] = [];
  const cpu = new Map<string, number>();
  const seconds = { product: 0, raw: 0 };
  const each = Math.ceil(tenants.length / ROUNDS);
  for (let from = 0; from < tenants.length; from += each) {
    const some = tenants.slice(from, from + each);
    const before = timesWith(servers);
    const invoiced = await flows.invoice(
      some.map(({ tenantId }) => tenantId),
      day,
    );
    for (const [name, ms] of cpuUsed(before, timesWith(servers))) cpu.set(name, (cpu.get(name) ?? 0) + ms);
    const raw = await rawInvoices(
      pool,
      some.map(({ wallets }) => wallets[0]?.walletId ?? ""),
    );
    progress(`  ${some.length} tenants: ${rounded(invoiced.perSecond)}/s by flows, ${rounded(raw)}/s raw`);
    latencies.push(...invoiced.latencies);
    seconds.product += some.length / invoiced.perSecond;
    seconds.raw += some.length / raw;
  }
  return {
    perSecond: tenants.length / seconds.product,
    ceiling: tenants.length / seconds.raw,
    latencies: latencies.toSorted((one, other) => one - other),
    cpu: [...cpu]
      .map(([name, ms]) => [name, ms / tenants.length] as const)
      .sort((one, other) => other[1] - one[1]),
  };
}

/** CPU time in ms of the servers and of this process, which is the worker. */
function timesWith(servers: readonly CpuSubject[]): Map<string, number> {
  const { user, system } = process.cpuUsage();
  return cpuTimes(servers).set("worker", (user + system) / 1_000);
}

async function verified(pool: Pool, tenants: number): Promise<Pick<Invoiced, "lost" | "duplicated">> {
  const { rows } = await pool.query<{ invoiced: number; numbers: number; last: number; entries: number }>(
    `SELECT count(DISTINCT tenant_id)::int AS invoiced, count(DISTINCT number)::int AS numbers,
            (SELECT sum(last)::int FROM invoice_series) AS last, (SELECT sum(entries)::int FROM invoice_closes) AS entries FROM invoices`,
  );
  const { invoiced, numbers, last, entries } = rows[0]!;
  return {
    lost: tenants - invoiced + (tenants * ENTRIES - entries),
    duplicated: Math.max(numbers, last) - tenants,
  };
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
