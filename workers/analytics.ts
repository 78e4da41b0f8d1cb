import { createUsageStore } from "#adapters/postgres/usage.ts";
import { createAnalyticsHandler } from "#pipeline/analytics/stage.ts";
import { startBooks } from "./books.ts";
import { startControlFeed } from "./control-feed.ts";
import { runProcess } from "./process-context.ts";
import { consumeStage } from "./stage-consumer.ts";

await runProcess("analytics", async (context) => {
  startBooks(context, await startControlFeed(context));
  await consumeStage(context, "analytics", createAnalyticsHandler({ store: createUsageStore(context.pool) }));
});
