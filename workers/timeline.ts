import { createTimelineStore } from "#adapters/postgres/messages-timeline.ts";
import { createExpirySweeper } from "#pipeline/timeline/expiry.ts";
import { createTimelineHandler } from "#pipeline/timeline/stage.ts";
import { runProcess } from "./process-context.ts";
import { repeat } from "./repeat.ts";
import { consumeStage } from "./stage-consumer.ts";

const SWEEP_EVERY_MS = 1_000;
const PARTITIONS_EVERY_MS = 6 * 3_600_000;

await runProcess("timeline", async (context) => {
  const { config, pool, publisher, clock } = context;
  const store = createTimelineStore(pool, { receiptWindowMs: config.receiptWindowMs });
  await store.ensurePartitions(clock.now());
  const sweeper = createExpirySweeper({ store, publisher, clock });
  repeat(context, "expiry", SWEEP_EVERY_MS, () => sweeper.sweep());
  repeat(context, "message partitions", PARTITIONS_EVERY_MS, () => store.ensurePartitions(clock.now()));
  await consumeStage(context, "timeline", createTimelineHandler({ store }));
});
