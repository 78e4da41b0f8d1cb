import { hkdfSync } from "node:crypto";

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

/**
 * The signing secret (Standard Webhooks, "whsec_…") of the webhook that a tenant is onboarded with. Derived of its wallet, whose id no other
 * onboarding has, so that the door can show it and the flow can store it without its being handed from one to the other.
 */
export function createWebhookSecrets(secretKey: string): (walletId: string) => string {
  return (walletId) => {
    const secret = hkdfSync("sha256", secretKey, "", `onboarding webhook ${walletId}`, SECRET_BYTES);
    return `whsec_${Buffer.from(secret).toString("base64")}`;
  };
}

/** The signing secret of a webhook endpoint: derived of its id, so that it stands nowhere. */
export function createEndpointSecrets(secretKey: string): (endpointId: string) => string {
  return (endpointId) => {
    const secret = hkdfSync("sha256", secretKey, "", `webhook endpoint ${endpointId}`, SECRET_BYTES);
    return `whsec_${Buffer.from(secret).toString("base64")}`;
  };
}
