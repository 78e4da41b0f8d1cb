import { pino, type Logger } from "pino";

export type { Logger };

/** Fields that never reach a log, wherever they stand: secrets, message text and phone numbers. */
const REDACTED_FIELDS = [
  "password",
  "secret",
  "token",
  "authorization",
  "apiKey",
  "api_key",
  "text",
  "from",
  "to",
  "addresses",
  "msisdn",
  "short_message",
  "source_addr",
  "destination_addr",
];

const paths = REDACTED_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*.*.*.${field}`]);

/** JSON lines on standard output. Log event facts and ids; never a number, a text or a secret. */
export function createLogger(process: string, level: string): Logger {
  return pino({
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths, censor: "[redacted]" },
  });
}
