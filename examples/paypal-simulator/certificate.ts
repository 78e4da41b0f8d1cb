import { generateKeyPairSync, sign } from "node:crypto";

/** A key pair and its self-signed certificate, both PEM. */
export interface SigningKey {
  readonly id: string;
  readonly privateKey: string;
  readonly certificate: string;
}

/** Object identifiers, encoded: sha256WithRSAEncryption, commonName. */
const SHA256_RSA = Buffer.from("06092a864886f70d01010b", "hex");
const COMMON_NAME = Buffer.from("0603550403", "hex");
const NULL = Buffer.from("0500", "hex");

/**
 * A certificate as PayPal signs its webhooks with, made for this simulator: RSA 2048, valid ten years (X.509 v3, RFC 5280). Node reads
 * certificates and makes none, hence the DER.
 * @param now epoch ms.
 */
export function createSigningKey(id: string, now: number): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const name = sequence(set(sequence(COMMON_NAME, utf8("paypal-simulator"))));
  const algorithm = sequence(SHA256_RSA, NULL);
  const content = sequence(
    tag(0xa0, integer(2n)),
    integer(BigInt(now)),
    algorithm,
    name,
    sequence(time(now - 86_400_000), time(now + 3650 * 86_400_000)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = sign("sha256", content, privateKey);
  const der = sequence(content, algorithm, tag(0x03, Buffer.concat([Buffer.of(0), signature])));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    id,
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}

function tag(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes = length > 0xff ? [length >> 8, length & 0xff] : [length];
  return Buffer.of(0x80 | bytes.length, ...bytes);
}

const sequence = (...parts: Buffer[]): Buffer => tag(0x30, Buffer.concat(parts));
const set = (part: Buffer): Buffer => tag(0x31, part);
const utf8 = (text: string): Buffer => tag(0x0c, Buffer.from(text));

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return tag(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

/** GeneralizedTime, which holds beyond 2049. */
function time(at: number): Buffer {
  const written = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return tag(0x18, Buffer.from(written));
}
