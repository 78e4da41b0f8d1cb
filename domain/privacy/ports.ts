/**
 * Keyed pseudonyms (HMAC): equal inputs give equal results, and without the key no phone number can be
 * found by enumeration. A plain hash of a number could be.
 */
export interface Pseudonyms {
  /** Kafka key of a conversation: 22 characters of base64url. */
  conversation(tenantId: string, from: string, to: string): string;
  /**
   * A counter's or an index's key for one value within a scope ("velocity.destination"): 22 characters of base64url.
   */
  of(scope: string, tenantId: string, value: string): string;
}
