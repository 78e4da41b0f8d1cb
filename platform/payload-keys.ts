import { hkdfSync } from "node:crypto";

/** AES-256. */
const KEY_BYTES = 32;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** A key that what durable flows are given and answer is encrypted with. */
export interface PayloadKey {
  /** Stands in clear beside what was encrypted with it. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** Reads "2026-11:<base64>,2026-05:<base64>"; null where it is no list of different ids with 32 bytes each. */
export function parsePayloadKeys(text: string): readonly PayloadKey[] | null {
  const keys: PayloadKey[] = [];
  for (const item of text.split(",").map((one) => one.trim())) {
    if (item === "") continue;
    const colon = item.indexOf(":");
    const [id, secret] = [item.slice(0, colon), item.slice(colon + 1)];
    if (colon < 0 || !ID.test(id) || !BASE64.test(secret) || keys.some((one) => one.id === id)) return null;
    keys.push({ id, key: Buffer.from(secret, "base64") });
  }
  return keys;
}

/** The key of a platform that was given none: HKDF-SHA256 of its secret key. Another secret key gives another id. */
export function derivePayloadKey(secretKey: string): PayloadKey {
  const derive = (info: string, bytes: number): Buffer =>
    Buffer.from(hkdfSync("sha256", secretKey, "", `catalyst temporal payloads ${info}`, bytes));
  return { id: `derived-${derive("id", 4).toString("hex")}`, key: derive("key", KEY_BYTES) };
}
