import { createPaypalProvider } from "#adapters/paypal/provider.ts";
import { createPaypalWebhooks } from "#adapters/paypal/webhooks.ts";
import { createProviderEvents } from "#adapters/postgres/provider-events.ts";
import { createStripeProvider } from "#adapters/stripe/provider.ts";
import { createStripeWebhooks } from "#adapters/stripe/webhooks.ts";
import type { PaymentProvider, PaymentProviderName, PaymentSignals } from "#domain/payments/ports.ts";
import type { ProviderDoor } from "#gateway/rest/dependencies.ts";
import { handOnWaiting } from "#gateway/webhooks/provider-door.ts";
import type { ProcessContext } from "./process-context.ts";
import { repeat } from "./repeat.ts";

const HAND_ON_EVERY_MS = 2_000;
const PRUNE_EVERY_MS = 3_600_000;
/** Stripe repeats a webhook for three days, PayPal too; a month leaves room for a look at what came. */
const EVENTS_KEPT_MS = 30 * 86_400_000;

export type PaymentProviders = Readonly<Partial<Record<PaymentProviderName, PaymentProvider>>>;

/** The providers that are configured. */
export function createPaymentProviders({
  config,
  clock,
}: Pick<ProcessContext, "config" | "clock">): PaymentProviders {
  const { stripe, paypal } = config.providers;
  const returnUrl = `${config.gateway.publicUrl}/payments/returned`;
  return {
    ...(stripe === null ? {} : { stripe: createStripeProvider({ ...stripe, clock, returnUrl }) }),
    ...(paypal === null ? {} : { paypal: createPaypalProvider({ ...paypal, clock, returnUrl }) }),
  };
}

/** Where the gateway takes providers' webhooks; what cannot be handed on at once is tried again every two seconds. */
export function openProviderDoor(context: ProcessContext, signals: PaymentSignals): ProviderDoor {
  const { config, pool, metrics } = context;
  const events = createProviderEvents(pool);
  repeat(context, "provider events", HAND_ON_EVERY_MS, () => handOnWaiting({ events, signals }));
  repeat(context, "old provider events", PRUNE_EVERY_MS, () => events.prune(EVENTS_KEPT_MS));
  return {
    webhooks: webhooksOf(config.providers),
    events,
    signals,
    count: (provider, outcome) => metrics.providerWebhooks.inc({ provider, outcome }),
  };
}

/** Without its secret a provider's webhooks are not taken: its flows poll. */
function webhooksOf({ stripe, paypal }: ProcessContext["config"]["providers"]): ProviderDoor["webhooks"] {
  return {
    ...(stripe === null || stripe.webhookSecret === ""
      ? {}
      : { stripe: createStripeWebhooks(stripe.webhookSecret) }),
    ...(paypal === null || paypal.webhookId === "" ? {} : { paypal: createPaypalWebhooks(paypal) }),
  };
}
