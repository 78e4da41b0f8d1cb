import { createPayloadCodec } from "#adapters/temporal/payload-codec.ts";
import { startCodecServer } from "#gateway/codec/server.ts";
import { Lifecycle } from "#platform/lifecycle.ts";
import { createLogger } from "#platform/logger.ts";
import { configOrExit } from "./process-context.ts";

/** Shows Temporal's Web UI what flows hold. It has the keys and nothing else: no database, no topic. */
const config = configOrExit();
const logger = createLogger("codec", config.logLevel);
const lifecycle = new Lifecycle(logger);
const { host, port, token } = config.codec;
try {
  lifecycle.register(
    await startCodecServer(
      {
        host,
        port,
        token,
        namespace: config.temporal.namespace,
        uiOrigins: originsOf(config.temporal.uiUrl),
      },
      {
        codec: createPayloadCodec(config.temporal.payloadKeys),
        ready: () => lifecycle.ready,
        // Who read what is the proxy's log; here stands how much, never what.
        onRequest: (what, outcome) =>
          outcome instanceof Error
            ? logger.warn({ what, reason: outcome.message }, "payloads refused")
            : logger.debug({ what, ...outcome }, "payloads"),
      },
    ),
  );
} catch (error) {
  logger.fatal({ err: error }, "could not start");
  process.exit(1);
}
lifecycle.markReady();

/** The Web UI's, and for one on this machine its other name. */
function originsOf(uiUrl: string): string[] {
  const { origin } = new URL(uiUrl);
  return [origin, origin.replace("//127.0.0.1", "//localhost"), origin.replace("//localhost", "//127.0.0.1")];
}
