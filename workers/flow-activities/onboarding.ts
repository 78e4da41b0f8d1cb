import { createFlowSchedules } from "#adapters/temporal/flow-schedules.ts";
import { workflowLink } from "#adapters/temporal/client.ts";
import { createWebhookSecrets } from "#platform/webhook-secrets.ts";
import { createRateCardStore } from "#adapters/postgres/rate-cards.ts";
import { createOnboardingActivities } from "#activities/onboarding.ts";
import { createPaymentProviders } from "../payment-providers.ts";
import type { FlowsContext } from "./context.ts";

/** Activities of the queue `onboarding`. */
export function onboardingActivities(context: FlowsContext): object {
  const { process, tenants, announcements, mailer, temporal } = context;
  const { gateway, operator, secretKey, temporal: place } = process.config;
  const rateCards = createRateCardStore(process.pool);
  const providers = createPaymentProviders(process);
  const base = `http://${gateway.host}:${gateway.port}`;
  return createOnboardingActivities({
    tenants,
    announcements,
    rateCardCurrency: async (rateCardId) => (await rateCards.versions(rateCardId))[0]?.currency ?? null,
    mailer,
    schedules: createFlowSchedules(temporal, process.clock),
    provider: (name) => providers[name] ?? null,
    webhookSecret: createWebhookSecrets(secretKey),
    office: {
      email: operator.email,
      apiUrl: gateway.publicUrl,
      flowUrl: (workflowId) => workflowLink(place, workflowId),
    },
    doors: { api: base, reference: `${base}/docs`, smpp: `${gateway.host}:${gateway.smppPort}` },
  });
}
