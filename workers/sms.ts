import { v7 as uuidv7 } from "uuid";
import { createCarrierIds } from "#adapters/postgres/messages.ts";
import { createSmscConnector } from "#adapters/smpp/client.ts";
import { createPseudonyms } from "#platform/pseudonyms.ts";
import { createCarrierEvents } from "#pipeline/channels/sms/receipts.ts";
import { createRouter } from "#pipeline/channels/sms/routes.ts";
import { createSentParts } from "#pipeline/channels/sms/sent-parts.ts";
import { createSmsHandler } from "#pipeline/channels/sms/stage.ts";
import { STAGES } from "#pipeline/stages.ts";
import { createSmppCounters } from "#protocols/smpp/session.ts";
import { runProcess } from "./process-context.ts";
import { consumeStage } from "./stage-consumer.ts";

await runProcess("sms", async (context) => {
  const { config, pool, publisher, clock, lifecycle, logger } = context;
  const sent = createSentParts();
  const events = createCarrierEvents({
    sent,
    carrierIds: createCarrierIds(pool, clock),
    publisher,
    pseudonyms: createPseudonyms(config.secretKey),
    // No number is rented to a tenant yet: subscribers' messages wait in the dead letter.
    inboundRoute: () => null,
    clock,
    newMessageId: () => uuidv7(),
    deadLetterTopic: STAGES.sms.deadLetterTopic,
  });
  const counters = createSmppCounters();
  const connectors = config.smscConnectors.map((connector) =>
    createSmscConnector(
      {
        id: connector.id,
        host: connector.host,
        port: connector.port,
        systemId: connector.system_id,
        password: connector.password,
        window: connector.window,
        binds: connector.binds,
        idFormat: connector.id_format,
      },
      {
        events,
        counters,
        clock,
        random: Math.random,
        onState: (connector_, state) => logger.info({ connector: connector_, state }, "smsc link"),
      },
    ),
  );
  for (const connector of connectors) lifecycle.register(connector);
  lifecycle.register({ name: "receipts", close: () => Promise.resolve(events.close()) });
  const handler = createSmsHandler({ choose: createRouter(connectors, []), sent, publisher, clock });
  await consumeStage(context, "sms", handler);
});
