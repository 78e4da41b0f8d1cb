import { createHmac, timingSafeEqual } from "crypto";

/** How far a delivery's timestamp may be off, in seconds. */
const TOLERANCE_S = 300;

const SECRET_PREFIX = "whsec_";

interface SignedDelivery {
  readonly id: string;
  /** Epoch seconds, in digits. */
  readonly timestamp: string;
  /** `v1,<base64>`, several by spaces. */
  readonly signature: string;
  /** Byte for byte as it came. */
  readonly body: Buffer;
}

/**
 * Whether a delivery bears a valid Standard Webhooks signature of this secret and is of now.
 * @param now epoch ms
 */
export function isSigned(
  { id, timestamp, signature, body }: SignedDelivery,
  secret: string,
  now: number,
): boolean {
  if (id === "" || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_S) return false;
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
  if (!secret.startsWith(SECRET_PREFIX) || key.length === 0) return false;
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  return signature.split(" ").some((one) => matches(one, expected));
}

function matches(versioned: string, expected: Buffer): boolean {
  const [version, encoded = ""] = versioned.split(",");
  const offered = Buffer.from(encoded, "base64");
  return version === "v1" && offered.length === expected.length && timingSafeEqual(offered, expected);
}
