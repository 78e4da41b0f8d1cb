import type { CarrierMatch } from "#domain/messages/ports.ts";
import type { SentParts, SmsSubmitOutcome } from "#domain/sms/ports.ts";

/** What became of a part, with the connector that took or refused it. */
export interface PartResult {
  readonly outcome: Extract<SmsSubmitOutcome, { kind: "accepted" | "refused" }>;
  readonly connector: string;
  /** Epoch ms. */
  readonly at: number;
}

/** What this process did with parts lately: a batch that Kafka hands out again is not sent again. */
export interface PartResults {
  record(messageId: string, part: number, result: PartResult): void;
  of(messageId: string, part: number): PartResult | undefined;
}

/**
 * Twenty seconds at 5,000 parts a second, two generations of it: receipts come within seconds as a rule, and those that come later
 * find their part in PostgreSQL. About 100 MB when full.
 */
const DEFAULT_CAPACITY = 100_000;

export function createSentParts(capacity: number = DEFAULT_CAPACITY): SentParts & PartResults {
  const matches = createGenerations<CarrierMatch>(capacity);
  const results = createGenerations<PartResult>(capacity);
  return {
    remember: (connector, match) => matches.set(`${connector}\0${match.carrierMessageId}`, match),
    find: (connector, carrierMessageId) => matches.get(`${connector}\0${carrierMessageId}`),
    record: (messageId, part, result) => results.set(`${messageId}:${part}`, result),
    of: (messageId, part) => results.get(`${messageId}:${part}`),
  };
}

/** The last `capacity` to 2 × `capacity` entries: when the younger generation is full, the older one is dropped. */
function createGenerations<Value>(capacity: number): {
  set(key: string, value: Value): void;
  get(key: string): Value | undefined;
} {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  return {
    set(key, value) {
      if (young.size >= capacity) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
    },
    get: (key) => young.get(key) ?? old.get(key),
  };
}
