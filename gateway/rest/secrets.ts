import { createHash, timingSafeEqual } from "node:crypto";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 28 base62 characters hold 166 bits: not to be guessed, so a fast hash is enough to store. */
const KEY_CHARACTERS = 28;
/** Bytes from 248 on are dropped: 248 is the last multiple of 62, so that no character is likelier than another. */
const UNBIASED_BYTES = 248;
/** SMPP 3.4 §5.2.2: a password has at most 8 characters. */
const SMPP_PASSWORD_CHARACTERS = 8;

export const API_KEY_PREFIX = "cat_live_";
export const ADMIN_KEY_PREFIX = "cat_admin_";

type RandomBytes = (size: number) => Uint8Array;

function randomText(randomBytes: RandomBytes, characters: number): string {
  let text = "";
  while (text.length < characters) {
    for (const byte of randomBytes(characters * 2)) {
      if (byte < UNBIASED_BYTES && text.length < characters) text += BASE62.charAt(byte % 62);
    }
  }
  return text;
}

/** A key as it is shown once, and what is stored of it. */
export interface MintedKey {
  readonly key: string;
  readonly hash: string;
  readonly lastFour: string;
}

export function mintKey(randomBytes: RandomBytes, prefix: string): MintedKey {
  const key = prefix + randomText(randomBytes, KEY_CHARACTERS);
  return { key, hash: hashOf(key), lastFour: key.slice(-4) };
}

export function mintSmppPassword(randomBytes: RandomBytes): string {
  return randomText(randomBytes, SMPP_PASSWORD_CHARACTERS);
}

/** SHA-256, lower-case hex. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Compares two hex digests in constant time. */
export function sameHash(left: string, right: string): boolean {
  const a = Buffer.from(left, "hex");
  const b = Buffer.from(right, "hex");
  return a.length === b.length && timingSafeEqual(a, b);
}
