import { readFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { v7 as uuidv7 } from "uuid";
import { loadNumberRanges } from "#adapters/number-ranges/number-ranges.ts";
import { createLedger } from "#adapters/postgres/ledger.ts";
import { createPool } from "#adapters/postgres/pool.ts";
import { createRedisConnection } from "#adapters/redis/connection.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import { systemClock } from "#domain/clock.ts";
import type { Submission } from "#domain/messages/submission.ts";
import { money } from "#domain/money/money.ts";
import { compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import type { WalletStore } from "#domain/wallet/ports.ts";
import { createAcceptQueue } from "#pipeline/ingress/accept-queue.ts";
import { createIngress } from "#pipeline/ingress/accept.ts";
import type { AcceptQueue } from "#pipeline/ingress/ingress.ts";
import { createPseudonyms } from "#platform/pseudonyms.ts";
import type { Environment } from "../scripts/environment.ts";
import { rootDirectory } from "../scripts/paths.ts";
import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./checks.ts";
import { inEnvironment } from "./environment.ts";
import { onboardTenant, type BenchTenant } from "./tenant.ts";

const MESSAGES = 100_000;
const WARM_UP = 10_000;
const PACE = 5_000;
const BAR_P99_MS = 5;
/** Submissions that wait for their answer at full speed. */
const IN_FLIGHT = 500;
const MAX_BATCH = 500;

export const bench: Bench = {
  name: "authorise",
  summary: "messages priced and their price reserved: at full speed, and the wait at 5,000 a second",
  run,
};

async function run(options: BenchOptions): Promise<BenchResult> {
  return inEnvironment(options, {}, async (environment) => {
    const tenant = await onboardTenant(environment, "BENCH");
    const processes = [
      "gateway",
      "firewall",
      "sms",
      "billing",
      "timeline",
      "analytics",
      "notifications",
      "flows",
    ];
    for (const name of processes) await environment.stopProcess(name);
    return await measure(environment, tenant, options);
  });
}

async function measure(
  { urls }: Environment,
  tenant: BenchTenant,
  { messages = MESSAGES, progress }: BenchOptions,
): Promise<BenchResult> {
  const pool = createPool(urls.postgres, "bench");
  const redis = createRedisConnection(urls.redis);
  const store = createWalletStore(redis, createLedger(pool));
  try {
    const queue = await doorOf(tenant, store);
    progress("warming up …");
    await atFullSpeed(queue, tenant, WARM_UP);
    progress(`${messages} messages at full speed …`);
    const product = await atFullSpeed(queue, tenant, messages);
    progress(`${messages} messages at ${PACE} a second …`);
    const paced = await atPace(queue, tenant, messages);
    progress("the same reservations, priced before …");
    const ceiling = await reservationsAlone(store, tenant, messages);
    return result(product, paced, ceiling);
  } finally {
    await redis.close();
    await pool.end();
  }
}

/** The gateway's own ingress without the records it publishes: Kafka is no part of an authorisation. */
async function doorOf(tenant: BenchTenant, store: WalletStore): Promise<AcceptQueue> {
  const ingress = createIngress({
    control: controlOf(tenant),
    wallets: store,
    publisher: { publish: () => Promise.resolve() },
    clock: systemClock,
    ranges: await loadNumberRanges(),
    pseudonyms: createPseudonyms(randomBytes(32).toString("hex")),
    channels: new Set(["sms"]),
  });
  return createAcceptQueue(ingress, { maxBatch: MAX_BATCH, maxQueued: 100_000 });
}

function controlOf({ tenantId, walletId }: BenchTenant): ControlView {
  const compiled = compileRateCardVersion({
    v: 1,
    rateCardId: "RC-BENCH",
    version: 1,
    validFrom: 0,
    storedAt: 0,
    source: readFileSync(join(rootDirectory, "examples", "rate-cards", "guide.json"), "utf8"),
  });
  if (!compiled.ok) throw new Error("the guide's card does not compile");
  const { card } = compiled;
  const thresholds = { low: null, critical: null };
  const configuration = {
    v: 1 as const,
    tenantId,
    revision: 1,
    name: "Bench",
    email: null,
    status: "active" as const,
    timezone: "America/New_York",
    country: "US",
    taxRate: "8",
    rateCardId: "RC-BENCH",
    wallets: [{ walletId, currency: "USD", kind: "prepaid" as const, creditLimit: "0", thresholds }],
    trustedHints: false,
    webhook: null,
    firewall: { blockedKeywords: [], perDestinationPerMinute: null },
  };
  return {
    tenant: () => configuration,
    rateCard: () => card,
    fx: () => undefined,
    supplier: () => undefined,
    load: () => null,
    confirm: () => Promise.resolve(),
  };
}

function submissionTo(tenant: BenchTenant, index: number): Submission {
  return {
    tenantId: tenant.tenantId,
    channel: "sms",
    from: "CATALYST",
    to: `+1415555${String(index % 10_000).padStart(4, "0")}`,
    text: "Your code is 123456.",
    door: "rest",
    receipt: false,
  };
}

interface Measured {
  readonly perSecond: number;
  /** Ascending, ms. */
  readonly waits: readonly number[];
  readonly refused: number;
}

async function atFullSpeed(queue: AcceptQueue, tenant: BenchTenant, count: number): Promise<Measured> {
  const waits: number[] = [];
  let [next, refused] = [0, 0];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (next < count) {
        next += 1;
        const sentAt = performance.now();
        if (!(await queue.submit(submissionTo(tenant, next))).ok) refused += 1;
        waits.push(performance.now() - sentAt);
      }
    }),
  );
  return measured(waits, refused, performance.now() - startedAt);
}

/** Each is sent at its own moment whether or not others have their answer; a late sender's delay counts as waiting. */
async function atPace(queue: AcceptQueue, tenant: BenchTenant, count: number): Promise<Measured> {
  const waits: number[] = [];
  const answers: Promise<void>[] = [];
  let [sent, refused] = [0, 0];
  const startedAt = performance.now();
  while (sent < count) {
    const due = Math.min(count, Math.floor(((performance.now() - startedAt) * PACE) / 1000));
    for (; sent < due; sent += 1) {
      const dueAt = startedAt + (sent * 1000) / PACE;
      answers.push(
        queue.submit(submissionTo(tenant, sent)).then(({ ok }) => {
          if (!ok) refused += 1;
          waits.push(performance.now() - dueAt);
        }),
      );
    }
    await sleep(1);
  }
  await Promise.all(answers);
  return measured(waits, refused, performance.now() - startedAt);
}

/** The script calls alone, batched as the queue batches at full speed. */
async function reservationsAlone(
  store: WalletStore,
  { walletId }: BenchTenant,
  count: number,
): Promise<number> {
  const startedAt = performance.now();
  let left = count;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      const size = Math.min(MAX_BATCH / 2, left);
      left -= size;
      const requests = Array.from({ length: size }, () => ({
        messageId: uuidv7(),
        amount: money(10n ** 16n),
      }));
      await store.reserve(walletId, money(0n), requests);
    }
  };
  await Promise.all([caller(), caller()]);
  return (count * 1000) / (performance.now() - startedAt);
}

function measured(waits: number[], refused: number, milliseconds: number): Measured {
  const ascending = waits.toSorted((one, other) => one - other);
  return { perSecond: (waits.length * 1000) / milliseconds, waits: ascending, refused };
}

function result(product: Measured, paced: Measured, ceiling: number): BenchResult {
  const round = (value: number): number => Math.round(value * 100) / 100;
  const p99 = percentile(paced.waits, 0.99);
  return {
    bench: "authorise",
    figure: Math.round(product.perSecond),
    unit: "messages/s",
    ceiling: Math.round(ceiling),
    ratio: round(product.perSecond / ceiling),
    p50_ms: round(percentile(paced.waits, 0.5)),
    p99_ms: round(p99),
    lost: product.refused + paced.refused,
    duplicated: 0,
    tables: [
      {
        title: "Bar; p50 and p99 are of the paced phase, the ceiling is the reservations alone",
        rows: [
          ["AT", "REACHED", "P99 AT MOST", ""],
          [
            `${PACE} messages/s`,
            `${Math.round(paced.perSecond)} messages/s`,
            `${BAR_P99_MS} ms`,
            p99 <= BAR_P99_MS ? "met" : "not met",
          ],
        ],
      },
    ],
  };
}
