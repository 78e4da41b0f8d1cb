import { chargeArguments } from "#adapters/redis/wallet-codec.ts";
import { runScript } from "#adapters/redis/wallet-scripts.ts";
import { inTransaction } from "#adapters/postgres/pool.ts";
import { money } from "#domain/money/money.ts";
import type { WalletState } from "#domain/wallet/ports.ts";
import { CEILING_SCHEMA, CEILING_TOPICS } from "./plan.ts";
import { runRaw } from "./raw-process.ts";
import { messageIdIn } from "./records.ts";
import { insertRows } from "./rows.ts";

const EVENT = ":sms.delivered:1";

/** One Lua call and one transaction a batch: lock the wallet, insert the entries, move the wallet and its volume. */
await runRaw("billing", ({ plan, redis, pool, consume }) => {
  const amount = money(BigInt(plan.hold));
  const period = plan.volumePeriod;
  let state: WalletState = {
    epoch: 1n,
    sequence: 0n,
    balance: money(BigInt(plan.balance)),
    volumes: new Map([[period, 0n]]),
  };
  return consume("billing", [CEILING_TOPICS.billing], async (records) => {
    const ids = records.map(messageIdIn);
    const before = state;
    const first = before.sequence;
    const sequences = ids.map((_, index) => first + BigInt(index + 1));
    const charges = ids.map((id, index) => ({
      eventId: id + EVENT,
      messageId: id,
      amount,
      hold: amount,
      sequence: sequences[index]!,
      volumeOrdinal: sequences[index]!,
      fingerprint: 0n,
      movedCounters: false,
    }));
    const last = sequences.at(-1)!;
    const balance = money(before.balance - amount * BigInt(ids.length));
    const after = { ...before, sequence: last, balance, volumes: new Map([[period, last]]) };
    const answer = await redis.run((client, identity) =>
      runScript(client, "charge", plan.walletId, [identity, ...chargeArguments({ before, after, charges })]),
    );
    if ((answer as string[])[0] !== "ok") throw new Error(`charge: ${String(answer)}`);
    state = after;
    const insert = insertRows("ledger_entries", plan.tables.ledger_entries, ids.length, {
      event_id: charges.map(({ eventId }) => eventId),
      message_id: ids,
      sequence: sequences,
      volume_ordinal: sequences,
      kafka_offset: records.map(({ offset }) => offset),
    });
    await inTransaction(pool, async (client) => {
      const [wallet] = [plan.walletId];
      await client.query({
        name: "lock",
        text: `SELECT sequence FROM ${CEILING_SCHEMA}.wallets WHERE wallet_id = $1 FOR UPDATE`,
        values: [wallet],
      });
      await client.query(insert);
      await client.query({
        name: "move",
        text: `UPDATE ${CEILING_SCHEMA}.wallets SET sequence = $2, last_offset = $3 WHERE wallet_id = $1`,
        values: [wallet, last, records.at(-1)!.offset],
      });
      await client.query({
        name: "volume",
        text: `INSERT INTO ${CEILING_SCHEMA}.wallet_volumes (wallet_id, tenant_id, period, volume) VALUES ($1, 'ceiling', $2, $3)
               ON CONFLICT (wallet_id, period) DO UPDATE SET volume = EXCLUDED.volume`,
        values: [wallet, period, last],
      });
    });
  });
});
