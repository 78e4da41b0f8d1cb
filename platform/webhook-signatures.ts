import { Webhook } from "standardwebhooks";

/**
 * The headers of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com): the signature covers `id.timestamp.body`.
 * @param now epoch ms.
 * @returns null when the secret is not base64 (with or without `whsec_`).
 */
export function signedHeaders(
  secret: string,
  webhookId: string,
  now: number,
  body: string,
): Record<string, string> | null {
  try {
    return {
      "webhook-id": webhookId,
      "webhook-timestamp": String(Math.floor(now / 1000)),
      "webhook-signature": new Webhook(secret).sign(webhookId, new Date(now), body),
    };
  } catch {
    return null;
  }
}
