import { setTimeout as sleep } from "node:timers/promises";
import { createLedger, makeLedgerPartitions } from "#adapters/postgres/ledger.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import { createDriftRepair } from "#pipeline/billing/drift.ts";
import { reapOrphanReservations } from "#pipeline/billing/reap.ts";
import { createBillingHandler } from "#pipeline/billing/stage.ts";
import { startControlFeed } from "./control-feed.ts";
import { runProcess } from "./process-context.ts";
import { openRedis } from "./redis.ts";
import { repeat } from "./repeat.ts";
import { consumeStage } from "./stage-consumer.ts";

const REPAIR_EVERY_MS = 60_000;
const PARTITIONS_EVERY_MS = 6 * 3_600_000;

await runProcess("billing", async (context) => {
  const { config, pool, publisher, clock, metrics, logger } = context;
  await makeLedgerPartitions(pool, clock.now());
  const control = await startControlFeed(context);
  const ledger = createLedger(pool);
  const wallets = createWalletStore(openRedis(context), ledger);
  const handler = createBillingHandler({
    control,
    wallets,
    ledger,
    publisher,
    metrics: { count: (outcome, by) => metrics.charges.inc({ outcome }, by) },
    clock,
    pause: sleep,
  });
  const repairDrift = createDriftRepair({ wallets, ledger });
  const orphanAgeMs = config.reservationOrphanMs;
  repeat(context, "orphaned reservations", Math.min(REPAIR_EVERY_MS, orphanAgeMs / 2), async () => {
    const { released } = await reapOrphanReservations({ wallets, ledger }, clock.now(), orphanAgeMs);
    if (released > 0)
      logger.warn({ released }, "gave back reservations of messages that were never accepted");
  });
  repeat(context, "wallet drift", REPAIR_EVERY_MS, async () => {
    const rebuilt = await repairDrift();
    if (rebuilt.length > 0) logger.warn({ wallets: rebuilt }, "rebuilt wallets from the ledger");
  });
  repeat(context, "ledger partitions", PARTITIONS_EVERY_MS, () => makeLedgerPartitions(pool, clock.now()));
  await consumeStage(context, "billing", handler);
});
