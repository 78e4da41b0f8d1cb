import { createVelocityCounter } from "#adapters/redis/velocity-counter.ts";
import { DEFAULT_FIREWALL_RULES } from "#domain/firewall/rules.ts";
import { createPseudonyms } from "#platform/pseudonyms.ts";
import { createFirewallHandler } from "#pipeline/firewall/stage.ts";
import { startControlFeed } from "./control-feed.ts";
import { runProcess } from "./process-context.ts";
import { openRedis } from "./redis.ts";
import { consumeStage } from "./stage-consumer.ts";

await runProcess("firewall", async (context) => {
  const { config, publisher, clock, metrics } = context;
  const control = await startControlFeed(context);
  const handler = createFirewallHandler({
    control,
    rules: () => DEFAULT_FIREWALL_RULES,
    velocity: createVelocityCounter(openRedis(context)),
    publisher,
    pseudonyms: createPseudonyms(config.secretKey),
    clock,
    onVerdict: ({ channel }, verdict) =>
      metrics.messages.inc({ channel, outcome: verdict.verdict === "pass" ? "cleared" : verdict.verdict }),
  });
  await consumeStage(context, "firewall", handler);
});
