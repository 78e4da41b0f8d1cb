import { createRateCardStore } from "#adapters/postgres/rate-cards.ts";
import { createOnboardingActivities } from "#activities/onboarding.ts";
import type { FlowsContext } from "./context.ts";

/** Activities of the queue `onboarding`. */
export function onboardingActivities({ process, tenants, announcements, mailer }: FlowsContext): object {
  const { gateway } = process.config;
  const rateCards = createRateCardStore(process.pool);
  const base = `http://${gateway.host}:${gateway.port}`;
  return createOnboardingActivities({
    tenants,
    announcements,
    rateCardCurrency: async (rateCardId) => (await rateCards.versions(rateCardId))[0]?.currency ?? null,
    mailer,
    doors: { api: base, reference: `${base}/docs`, smpp: `${gateway.host}:${gateway.smppPort}` },
  });
}
