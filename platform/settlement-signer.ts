import {
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import type { ReportSigner, SettlementKey } from "#domain/settlement/ports.ts";
import type { ReportCrypto } from "#domain/settlement/report.ts";

/** PKCS #8 of an Ed25519 key but for its 32 bytes (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SEED_BYTES = 32;
const KEY_ID_DIGITS = 16;

/**
 * Signs settlement reports with Ed25519. The key is the configured one (32 bytes, base64), or else derived from the platform's secret key by
 * HKDF, so that it survives with that and stands in no database.
 */
export function createReportSigner(secretKey: string, configuredSeed: string | null): ReportSigner {
  const seed =
    configuredSeed === null
      ? Buffer.from(hkdfSync("sha256", secretKey, "", "catalyst settlement reports", SEED_BYTES))
      : Buffer.from(configuredSeed, "base64");
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const publicKey = settlementKeyOf(createPublicKey(key));
  return {
    publicKey,
    sign(body) {
      const hash = sha256(body);
      const signature = sign(null, Buffer.from(hash, "hex"), key).toString("base64url");
      return { hash, signature, keyId: publicKey.keyId };
    },
  };
}

/** Reads a public key as PEM; null where it is none, or of another kind. */
export function readSettlementKey(pem: string): SettlementKey | null {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === "ed25519" ? settlementKeyOf(key) : null;
  } catch {
    return null;
  }
}

function settlementKeyOf(key: KeyObject): SettlementKey {
  const der = key.export({ format: "der", type: "spki" });
  return {
    keyId: createHash("sha256").update(der).digest("hex").slice(0, KEY_ID_DIGITS),
    pem: key.export({ format: "pem", type: "spki" }).toString(),
  };
}

/** Verifies with these keys alone: whoever can write to the database can put a key of their own beside a report. */
export function createReportCrypto(keys: readonly SettlementKey[]): ReportCrypto {
  const known = new Map(keys.map(({ keyId, pem }) => [keyId, createPublicKey(pem)]));
  return {
    sha256,
    verify(hash, signature, keyId) {
      const key = known.get(keyId);
      if (key === undefined) return null;
      return verify(null, Buffer.from(hash, "hex"), key, Buffer.from(signature, "base64url"));
    },
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
