import { userInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { KafkaPublisher } from "#adapters/kafka/publisher.ts";
import { createCorrections } from "#adapters/postgres/corrections.ts";
import { createLedger } from "#adapters/postgres/ledger.ts";
import { createPool } from "#adapters/postgres/pool.ts";
import { repairProjection } from "#adapters/postgres/repair-projection.ts";
import { createRedisConnection } from "#adapters/redis/connection.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import { systemClock } from "#domain/clock.ts";
import { createRepairs } from "#pipeline/books/repairs.ts";
import { formatMoney } from "#domain/money/money.ts";
import { reconcileBooks, type Reconciled } from "../books/reconcile.ts";
import { sayingWhatIsAway } from "../books/unreachable.ts";
import { attachEnvironment, type Environment } from "../environment.ts";
import { dataDirectoryFrom } from "../paths.ts";
import { print, progress, seconds } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "reconcile";
const usage = `catalyst reconcile [--repair] [--actor NAME] [--tenant ID] [--data DIR] [--json]

  Compares for every wallet: the ledger's entries, the balance on its row, the cache in Redis, and the messages that it
  paid for. Explains each difference. --repair mends what can be mended, by posting: entries, refunds and billing events,
  under the name of --actor (default: your login); nothing is written over.
  Exit code 0: all agree, or were made to. 1: differences are left.`;

const PROGRESS_EVERY_MS = 2_000;
/** Differences that are printed; all are counted. */
const SHOWN_MAX = 1_000;

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseFlags({ name, usage }, args, {
    repair: { type: "boolean" },
    actor: { type: "string" },
    tenant: { type: "string" },
    data: { type: "string" },
    json: { type: "boolean" },
  });
  if (values.actor !== undefined && !/^[\x20-\x7e]{1,100}$/.test(values.actor))
    throw new UsageError("--actor takes a name of 1 to 100 printable characters");
  const environment = await attachEnvironment(dataDirectoryFrom(values.data));
  return reconcile(environment, {
    repair: values.repair === true,
    actor: values.actor ?? userInfo().username,
    tenantId: values.tenant ?? null,
    json: values.json === true,
  });
}

export const command: CatalystCommand = {
  name,
  summary: "wallets, ledger and messages: find where they differ, and post what mends it",
  usage,
  run,
};

interface Asked {
  readonly repair: boolean;
  readonly actor: string;
  readonly tenantId: string | null;
  readonly json: boolean;
}

async function reconcile({ urls }: Environment, asked: Asked): Promise<number> {
  const pool = createPool(urls.postgres, "catalyst-reconcile");
  const redis = createRedisConnection(urls.redis);
  const publisher = new KafkaPublisher(
    new Kafka({ brokers: [urls.kafka], clientId: "catalyst-reconcile", logLevel: logLevel.NOTHING }),
  );
  try {
    if (asked.repair) await publisher.connect();
    const store = createWalletStore(redis, createLedger(pool));
    const repairs = asked.repair
      ? createRepairs({
          repairProjection: (walletId, by) => repairProjection(pool, walletId, by),
          corrections: createCorrections(pool),
          store,
          publisher,
          clock: systemClock,
          actor: `${asked.actor} (reconcile)`,
        })
      : null;
    const work: Parameters<typeof report>[1] = (onDifference, onProgress) =>
      reconcileBooks({
        pool,
        store,
        tenantId: asked.tenantId,
        now: systemClock.now(),
        repairs,
        pause: sleep,
        onDifference,
        onProgress,
      });
    return await sayingWhatIsAway(() => report(asked, work));
  } finally {
    if (asked.repair) await publisher.close();
    await redis.close();
    await pool.end();
  }
}

async function report(
  { json, tenantId }: Asked,
  work: (
    onDifference: (difference: Reconciled) => void,
    onProgress: (wallets: number) => void,
  ) => Promise<number>,
): Promise<number> {
  const shown: Reconciled[] = [];
  let [found, repaired] = [0, 0];
  const began = performance.now();
  let told = began;
  const wallets = await work(
    (difference) => {
      found += 1;
      if (difference.repaired) repaired += 1;
      if (shown.length < SHOWN_MAX) shown.push(difference);
      if (!json && found <= SHOWN_MAX) progress(lineOf(difference));
    },
    (count) => {
      if (performance.now() - told < PROGRESS_EVERY_MS) return;
      told = performance.now();
      progress(`${count} wallets compared in ${seconds(told - began)}`);
    },
  );
  if (wallets === 0 && tenantId !== null) throw new UsageError(`there is no wallet of tenant ${tenantId}`, 1);
  const reconciled = found === repaired;
  if (json)
    print(JSON.stringify({ reconciled, wallets, found, repaired, differences: shown.map(differenceBody) }));
  else
    print(
      found === 0
        ? `${wallets} wallets: entries, balances, cache and messages agree (${seconds(performance.now() - began)}).`
        : `${wallets} wallets, ${found} differences, ${repaired} repaired (${seconds(performance.now() - began)}).`,
    );
  return reconciled ? 0 : 1;
}

function lineOf({ kind, tenantId, walletId, explanation, repair, repaired }: Reconciled): string {
  const done = repaired ? "repaired" : "--repair";
  const what = repair === null ? "" : ` [${done}: ${repair}]`;
  return `${kind}  ${tenantId} ${walletId}: ${explanation}${what}`;
}

/** In the wire's style. */
function differenceBody({ tenantId, walletId, subject, amount, repair, ...rest }: Reconciled) {
  return {
    tenant_id: tenantId,
    wallet_id: walletId,
    event_id: subject === walletId ? null : subject,
    amount: amount === null ? null : formatMoney(amount),
    remedy: repair,
    ...rest,
  };
}
