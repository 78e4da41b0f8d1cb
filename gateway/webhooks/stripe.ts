import { providerRoute } from "./provider-door.ts";

/** POST /webhooks/stripe. */
export const receiveStripeWebhook = providerRoute("stripe", "Stripe");
