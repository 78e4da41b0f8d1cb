/**
 * Epoch ms at which a UUIDv7 was made (RFC 9562 §5.7: its first 48 bits). An event whose id comes from an Idempotency-Key
 * is so accepted at the same time however often it is sent, which the ledger's key relies on.
 */
export function acceptedAtOf(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}
