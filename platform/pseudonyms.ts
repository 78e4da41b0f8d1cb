import { createHmac } from "node:crypto";
import type { Pseudonyms } from "#domain/privacy/ports.ts";

/** 16 bytes: no collision is expected below 2⁶⁴ conversations, and a Kafka key stays short. */
const PSEUDONYM_BYTES = 16;
/** Cannot occur in a number, a sender or a tenant id, so that no two inputs join to the same text. */
const SEPARATOR = "\0";

/**
 * Pseudonyms under the platform's secret key: HMAC-SHA256, truncated. All processes must hold the same key;
 * with another key, conversations change partition and counters start anew.
 */
export function createPseudonyms(secretKey: string): Pseudonyms {
  const digest = (text: string): string =>
    createHmac("sha256", secretKey).update(text).digest().toString("base64url", 0, PSEUDONYM_BYTES);
  return {
    conversation: (tenantId, from, to) => digest(["conversation", tenantId, from, to].join(SEPARATOR)),
    of: (scope, tenantId, value) => digest([scope, tenantId, value].join(SEPARATOR)),
  };
}
