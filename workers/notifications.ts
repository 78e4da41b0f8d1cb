import { createWebhookClient } from "#adapters/http/webhook-client.ts";
import { createWebhookDeliveries } from "#adapters/postgres/webhook-deliveries.ts";
import { createWebhookEndpointFeed } from "#adapters/postgres/webhook-endpoints.ts";
import { createWebhookEvents } from "#adapters/postgres/webhook-events.ts";
import { createEndpoints } from "#pipeline/notifications/endpoints.ts";
import { createWebhookRetrier } from "#pipeline/notifications/retrier.ts";
import { createNotificationsHandler } from "#pipeline/notifications/stage.ts";
import { createSubscriptions } from "#pipeline/notifications/subscriptions.ts";
import { createEndpointSecrets } from "#platform/webhook-secrets.ts";
import { startControlFeed } from "./control-feed.ts";
import { runProcess } from "./process-context.ts";
import { repeat } from "./repeat.ts";
import { consumeStage } from "./stage-consumer.ts";

const RETRY_EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 3_600_000;
/** What was given up is kept for a month, for whoever asks why. */
const GIVEN_UP_KEPT_MS = 30 * 86_400_000;

await runProcess("notifications", async (context) => {
  const { config, pool, clock, logger, lifecycle } = context;
  const control = await startControlFeed(context);
  const deliveries = createWebhookDeliveries(pool);
  const secretOf = createEndpointSecrets(config.secretKey);
  const subscriptions = createSubscriptions(createWebhookEndpointFeed(pool), secretOf);
  const endpoints = createEndpoints(control, subscriptions, deliveries, clock);
  await endpoints.refresh();
  const sender = createWebhookClient({ allowedNetworks: config.webhookAllowedNetworks, clock });
  lifecycle.register({ name: "webhook client", close: () => sender.close() });
  const retrier = createWebhookRetrier({
    endpoints,
    sender,
    deliveries,
    clock,
    random: Math.random,
    onError: (error) => logger.warn({ err: error }, "a webhook's result could not be stored"),
  });
  lifecycle.register({ name: "webhook retrier", close: () => retrier.settled() });
  repeat(context, "webhook retries", RETRY_EVERY_MS, () => retrier.run());
  repeat(context, "webhook pruning", PRUNE_EVERY_MS, () => deliveries.prune(clock.now() - GIVEN_UP_KEPT_MS));
  await consumeStage(
    context,
    "notifications",
    createNotificationsHandler({
      endpoints,
      sender,
      deliveries,
      subscriptions,
      events: createWebhookEvents(pool),
      clock,
      random: Math.random,
    }),
  );
});
