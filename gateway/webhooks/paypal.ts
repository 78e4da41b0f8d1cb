import { providerRoute } from "./provider-door.ts";

/** POST /webhooks/paypal. */
export const receivePaypalWebhook = providerRoute("paypal", "PayPal");
