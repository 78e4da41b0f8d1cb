import { createHmac, timingSafeEqual } from "node:crypto";

const EXPIRY = /^\d{1,15}$/;
/** A tenant's id and a workflow's may hold dots and dashes, and none of these. */
const SEPARATOR = "~";

/** Tokens that name something and open it to whoever holds them, until they expire. */
export interface SignedTokens {
  /** @param parts none holds "~"; @param expiresAt epoch ms. */
  seal(parts: readonly string[], expiresAt: number): string;
  /** The parts; null where the token is not one of ours, or has expired. */
  open(token: string, now: number): readonly string[] | null;
}

/** @param purpose a token of one opens nothing of another. Tokens hold under `secretKey` until that changes. */
export function createSignedTokens(secretKey: string, purpose: string): SignedTokens {
  const signature = (text: string): Buffer =>
    createHmac("sha256", secretKey).update(`${purpose}\0${text}`).digest();
  return {
    seal(parts, expiresAt) {
      const text = [...parts, String(expiresAt)].join(SEPARATOR);
      return `${Buffer.from(text).toString("base64url")}.${signature(text).toString("base64url")}`;
    },
    open(token, now) {
      const [encoded = "", given = "", ...rest] = token.split(".");
      const text = Buffer.from(encoded, "base64url").toString("utf8");
      const [expected, bytes] = [signature(text), Buffer.from(given, "base64url")];
      if (rest.length > 0 || bytes.length !== expected.length || !timingSafeEqual(bytes, expected))
        return null;
      const parts = text.split(SEPARATOR);
      const expiry = parts.pop() ?? "";
      return EXPIRY.test(expiry) && Number(expiry) > now ? parts : null;
    },
  };
}
