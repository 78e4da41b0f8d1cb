import { createTrafficWindows } from "#adapters/postgres/fraud-windows.ts";
import { BASELINE_MS, WINDOW_MS } from "#domain/fraud/detection.ts";
import { createFraudHandler } from "#pipeline/fraud/stage.ts";
import { runProcess } from "./process-context.ts";
import { repeat } from "./repeat.ts";
import { consumeStage } from "./stage-consumer.ts";

await runProcess("fraud", async (context) => {
  const { pool, publisher, clock, logger } = context;
  const windows = createTrafficWindows(pool);
  repeat(context, "old windows", WINDOW_MS, () => windows.prune(clock.now() - BASELINE_MS - 2 * WINDOW_MS));
  const onAlert = ({
    tenantId,
    pattern,
    severity,
  }: {
    tenantId: string;
    pattern: string;
    severity: string;
  }) => logger.warn({ tenantId, pattern, severity }, "fraud is suspected");
  await consumeStage(context, "fraud", createFraudHandler({ windows, publisher, clock, onAlert }));
});
