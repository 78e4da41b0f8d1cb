import { hkdfSync } from "node:crypto";

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

/** A signing secret (Standard Webhooks, "whsec_…") that is derived, so that it stands nowhere. */
function derived(secretKey: string, purpose: string): string {
  const secret = hkdfSync("sha256", secretKey, "", purpose, SECRET_BYTES);
  return `whsec_${Buffer.from(secret).toString("base64")}`;
}

/**
 * The signing secret of the webhook that a tenant is onboarded with. Derived of its wallet, whose id no other onboarding has, so that the door can
 * show it and the flow can store it without its being handed from one to the other.
 */
export function createWebhookSecrets(secretKey: string): (walletId: string) => string {
  return (walletId) => derived(secretKey, `onboarding webhook ${walletId}`);
}

/** The signing secret of a webhook endpoint, derived of its id. */
export function createEndpointSecrets(secretKey: string): (endpointId: string) => string {
  return (endpointId) => derived(secretKey, `webhook endpoint ${endpointId}`);
}
