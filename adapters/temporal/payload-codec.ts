import type { Payload, PayloadCodec } from "@temporalio/common";
import protocol from "@temporalio/proto";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { PayloadKey } from "#platform/payload-keys.ts";

const CIPHER = "aes-256-gcm";
/** NIST SP 800-38D: 96 bits need no hashing; drawn at random, they are good for 2³² payloads per key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const ENCODING = "binary/encrypted";
const ENCODING_BYTES = Buffer.from(ENCODING);
/** Where the SDKs of other languages put it too. */
const KEY_ID = "encryption-key-id";

const { Payload: PayloadMessage } = protocol.temporal.api.common.v1;

/** Something encrypted that cannot be read: its key is not known here, or it is not what was written. */
export class UnreadablePayload extends Error {
  override readonly name = "UnreadablePayload";
}

/**
 * Encrypts whatever durable flows are given, answer, keep and fail with; ids, search attributes and names stay in clear. The data is nonce,
 * ciphertext and tag of the whole payload; encoding and key id are authenticated with it. Nothing else can be: the server itself copies payloads, from a
 * schedule into its runs, from one run into the next.
 *
 * @param keys the first encrypts, every one of them decrypts.
 */
export function createPayloadCodec(keys: readonly PayloadKey[]): PayloadCodec {
  const [current] = keys;
  if (current === undefined) throw new Error("a payload codec needs a key");
  const known = new Map(keys.map(({ id, key }) => [id, key]));
  return {
    encode: async (payloads) => payloads.map((payload) => encrypt(payload, current)),
    decode: async (payloads) => payloads.map((payload) => decrypt(payload, known)),
  };
}

/** Of the key that a payload is encrypted with; null for one in clear. */
export function keyIdOf({ metadata }: Payload): string | null {
  return textOf(metadata?.["encoding"]) === ENCODING ? textOf(metadata?.[KEY_ID]) : null;
}

function encrypt(payload: Payload, { id, key }: PayloadKey): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(authenticated(id));
  const plain = PayloadMessage.encode(payload).finish();
  const data = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { metadata: { encoding: ENCODING_BYTES, [KEY_ID]: Buffer.from(id) }, data };
}

/** What is not encrypted passes: flows that started before it was, and what a person typed in the Web UI without a codec server. */
function decrypt(payload: Payload, known: ReadonlyMap<string, Uint8Array>): Payload {
  const id = keyIdOf(payload);
  if (id === null) return payload;
  const key = known.get(id);
  if (key === undefined)
    throw new UnreadablePayload(
      `a payload is encrypted with the key "${id}", and only ${[...known.keys()].join(", ")} are known: add it to TEMPORAL_CODEC_KEYS`,
    );
  const bytes = Buffer.from(payload.data ?? []);
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw changed(id);
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(authenticated(id));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
    return PayloadMessage.decode(Buffer.concat([decipher.update(body), decipher.final()]));
  } catch (error) {
    throw changed(id, error);
  }
}

function changed(id: string, cause?: unknown): UnreadablePayload {
  return new UnreadablePayload(
    `a payload encrypted with the key "${id}" is damaged or was changed: it fails its authentication`,
    { cause },
  );
}

function authenticated(id: string): Buffer {
  return Buffer.from(`${ENCODING}\0${id}`);
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
