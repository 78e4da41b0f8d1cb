import { createHmac, timingSafeEqual } from "node:crypto";

/** 16 bytes: guessing one is hopeless, and the link stays short enough for a QR code. */
const SIGNATURE_BYTES = 16;
const PAYMENT_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/;

/** Links to a payment's public page: whoever holds one may see what is due and pay it, and nothing else. */
export interface PayLinks {
  /** "https://api.example.com/pay/inv-….c2lnbmF0dXJl" */
  urlOf(paymentId: string): string;
  /** Null where the token is not one of ours. */
  paymentIdOf(token: string): string | null;
}

/** @param baseUrl of the gateway as payers reach it. Tokens hold under `secretKey` until that changes. */
export function createPayLinks(secretKey: string, baseUrl: string): PayLinks {
  const signature = (paymentId: string): Buffer =>
    createHmac("sha256", secretKey).update(`pay\0${paymentId}`).digest().subarray(0, SIGNATURE_BYTES);
  return {
    urlOf: (paymentId) =>
      `${baseUrl.replace(/\/+$/, "")}/pay/${paymentId}.${signature(paymentId).toString("base64url")}`,
    paymentIdOf(token) {
      const [paymentId = "", given = ""] = token.split(".");
      const bytes = Buffer.from(given, "base64url");
      if (!PAYMENT_ID.test(paymentId) || bytes.length !== SIGNATURE_BYTES) return null;
      return timingSafeEqual(bytes, signature(paymentId)) ? paymentId : null;
    },
  };
}
