import { readFileSync } from "node:fs";
import { createKafka } from "#adapters/kafka/connection.ts";
import { KafkaConsumer } from "#adapters/kafka/consumer.ts";
import { createPool, inTransaction } from "#adapters/postgres/pool.ts";
import { plainArray, textArray } from "#adapters/postgres/array-literal.ts";
import { createRedisConnection } from "#adapters/redis/connection.ts";
import { chargeArguments } from "#adapters/redis/wallet-codec.ts";
import { runScript } from "#adapters/redis/wallet-scripts.ts";
import type { RawRecord } from "#domain/events/ports.ts";
import { money } from "#domain/money/money.ts";
import type { Charge, WalletState } from "#domain/wallet/ports.ts";
import { STAGE_BATCHES } from "#pipeline/stages.ts";
import { createLogger } from "#platform/logger.ts";
import { CEILING_SCHEMA, type SampleRow } from "./plan.ts";
import { insertRows } from "./rows.ts";

/** What the raw charger is started with, in a file named by CHARGING_PLAN. */
export interface ChargingPlan {
  readonly walletIds: readonly string[];
  readonly entry: SampleRow;
  /** Units of 10^-18. */
  readonly amount: string;
  readonly balance: string;
  readonly period: string;
}

/**
 * The same records, wallet calls, rows and indexes as charging has, with no logic: the event's id is cut out of the text, nothing is parsed,
 * priced, compared or repaired. One Lua call a wallet and batch, one transaction a batch.
 */
const plan = JSON.parse(readFileSync(process.env["CHARGING_PLAN"] ?? "", "utf8")) as ChargingPlan;
const logger = createLogger("ceiling-charging", "warn");
const pool = createPool(process.env["DATABASE_URL"] ?? "", "ceiling-charging");
const redis = createRedisConnection(process.env["REDIS_URL"] ?? "");
const amount = money(BigInt(plan.amount));
const states = new Map<string, WalletState>(
  plan.walletIds.map((walletId) => [
    walletId,
    {
      epoch: 1n,
      sequence: 0n,
      balance: money(BigInt(plan.balance)),
      volumes: new Map([[plan.period, 0n]]),
    },
  ]),
);

interface RawCharge extends Charge {
  readonly walletId: string;
  readonly offset: bigint;
}

async function charge(walletId: string, records: readonly RawRecord[]): Promise<RawCharge[]> {
  const before = states.get(walletId) as WalletState;
  let { sequence } = before;
  const charges = records.map(({ value, offset }): RawCharge => {
    const text = (value as Buffer).toString("latin1");
    const start = text.indexOf('"id":"') + 6;
    const eventId = text.slice(start, text.indexOf('"', start));
    sequence += 1n;
    return {
      walletId: `ceiling-${walletId}`,
      offset,
      eventId,
      messageId: eventId.slice(0, 36),
      amount,
      hold: money(0n),
      sequence,
      volumeOrdinal: sequence,
      fingerprint: 0n,
      movedCounters: false,
    };
  });
  const balance = money(before.balance - amount * BigInt(charges.length));
  const after = { ...before, sequence, balance, volumes: new Map([[plan.period, sequence]]) };
  const answer = await redis.run((client, identity) =>
    runScript(client, "charge", `ceiling-${walletId}`, [
      identity,
      ...chargeArguments({ before, after, charges }),
    ]),
  );
  if ((answer as string[])[0] !== "ok") throw new Error(`charge: ${String(answer)}`);
  states.set(walletId, after);
  return charges;
}

async function commit(charges: readonly RawCharge[], walletIds: readonly string[]): Promise<void> {
  const insert = insertRows("ledger_entries", plan.entry, charges.length, {
    event_id: charges.map(({ eventId }) => eventId),
    wallet_id: charges.map(({ walletId }) => walletId),
    message_id: charges.map(({ messageId }) => messageId ?? ""),
    sequence: charges.map(({ sequence }) => sequence ?? 0n),
    volume_ordinal: charges.map(({ sequence }) => sequence ?? 0n),
    kafka_offset: charges.map(({ offset }) => offset),
  });
  const wallets = textArray(walletIds.map((id) => `ceiling-${id}`));
  const sequences = plainArray(walletIds.map((id) => states.get(id)!.sequence));
  await inTransaction(pool, async (client) => {
    await client.query({
      name: "lock",
      text: `SELECT sequence FROM ${CEILING_SCHEMA}.wallets WHERE wallet_id = ANY($1::text[]) ORDER BY wallet_id FOR UPDATE`,
      values: [wallets],
    });
    await client.query(insert);
    await client.query({
      name: "move",
      text: `UPDATE ${CEILING_SCHEMA}.wallets w SET sequence = x.sequence
               FROM unnest($1::text[], $2::bigint[]) AS x(wallet_id, sequence) WHERE w.wallet_id = x.wallet_id`,
      values: [wallets, sequences],
    });
    await client.query({
      name: "volumes",
      text: `INSERT INTO ${CEILING_SCHEMA}.wallet_volumes (wallet_id, tenant_id, period, volume)
             SELECT w, 'ceiling', $3, v FROM unnest($1::text[], $2::numeric[]) AS x(w, v)
             ON CONFLICT (wallet_id, period) DO UPDATE SET volume = EXCLUDED.volume`,
      values: [wallets, sequences, plan.period],
    });
  });
}

process.once("SIGTERM", () => process.exit(0));
await new KafkaConsumer(createKafka([process.env["KAFKA_BROKERS"] ?? ""], "ceiling-charging", logger), {
  groupId: "ceiling.charging",
  topics: ["billing.events"],
  batchEveryMs: STAGE_BATCHES.billing.everyMs,
  fetchBytesMax: STAGE_BATCHES.billing.bytesMax,
  logger,
  onFatal: () => process.exit(1),
  process: async (records) => {
    const ours = records.filter(({ key }) => states.has(key));
    const perWallet = [...Map.groupBy(ours, ({ key }) => key)];
    const charges = await Promise.all(perWallet.map(([walletId, batch]) => charge(walletId, batch)));
    if (ours.length > 0)
      await commit(
        charges.flat(),
        perWallet.map(([walletId]) => walletId),
      );
  },
}).start();
process.stdout.write("ready\n");
