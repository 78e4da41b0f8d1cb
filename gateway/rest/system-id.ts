import { createHash } from "node:crypto";

/** SMPP 3.4 §5.2.1, without the closing NUL. */
const LENGTH_MAX = 15;
const DIGEST_LENGTH = 6;

/** The system_id that a tenant's ESME binds with unless it names one: its own id, or, where that is too long, its head and a digest of the whole. */
export function defaultSystemId(tenantId: string): string {
  if (tenantId.length <= LENGTH_MAX) return tenantId;
  const digest = createHash("sha256").update(tenantId).digest("hex").slice(0, DIGEST_LENGTH);
  return `${tenantId.slice(0, LENGTH_MAX - DIGEST_LENGTH - 1)}-${digest}`;
}
