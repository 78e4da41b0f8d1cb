import { createPublicKey, randomUUID, sign, verify, X509Certificate } from "node:crypto";
import { crc32 } from "node:zlib";
import type { SigningKey } from "./certificate.ts";

/** The headers that PayPal puts on a webhook. The signature is over "id|time|webhook id|CRC-32 of the body". @param at epoch ms. */
export function signedHeaders(
  body: string | Buffer,
  webhookId: string,
  key: SigningKey,
  certUrl: string,
  at: number,
): Record<string, string> {
  const transmissionId = randomUUID();
  const time = new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
  const content = `${transmissionId}|${time}|${webhookId}|${crc32(body)}`;
  return {
    "paypal-auth-algo": "SHA256withRSA",
    "paypal-cert-url": certUrl,
    "paypal-transmission-id": transmissionId,
    "paypal-transmission-time": time,
    "paypal-transmission-sig": sign("sha256", Buffer.from(content), key.privateKey).toString("base64"),
  };
}

interface VerifyRequest {
  readonly auth_algo: string;
  readonly transmission_id: string;
  readonly transmission_sig: string;
  readonly transmission_time: string;
  readonly webhook_id: string;
}

/** POST /v1/notifications/verify-webhook-signature. @param event the event's text as the caller wrote it. */
export function verifies(request: VerifyRequest, event: string, certificate: string): boolean {
  if (request.auth_algo !== "SHA256withRSA") return false;
  const content = `${request.transmission_id}|${request.transmission_time}|${request.webhook_id}|${crc32(event)}`;
  const key = createPublicKey(
    new X509Certificate(certificate).publicKey.export({ type: "spki", format: "pem" }),
  );
  return verify("sha256", Buffer.from(content), key, Buffer.from(request.transmission_sig, "base64"));
}
