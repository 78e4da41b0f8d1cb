import { z } from "zod";
import type { StoredRateCard } from "./dependencies.ts";
import { isoTime, TIME_EXAMPLE } from "./schemas.ts";

export const rateCardParams = z.object({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be a rate_card_id")
    .describe("The rate_card_id"),
});

export const rateCardBody = z
  .object({
    rate_card_id: z.string(),
    version: z.int(),
    name: z.string(),
    currency: z.string(),
    valid_from: z.string().describe("From when this version prices events"),
    stored_at: z.string(),
    stored_by: z.string(),
  })
  .meta({ id: "RateCard" });

export const RATE_CARD_EXAMPLE: z.infer<typeof rateCardBody> = {
  rate_card_id: "RC-TENANT-001",
  version: 1,
  name: "Tenant 1 Global Rates",
  currency: "USD",
  valid_from: "2024-01-01T05:00:00.000Z",
  stored_at: TIME_EXAMPLE,
  stored_by: "owner",
};

export function toRateCardBody(card: StoredRateCard): z.infer<typeof rateCardBody> {
  return {
    rate_card_id: card.rateCardId,
    version: card.version,
    name: card.name,
    currency: card.currency,
    valid_from: isoTime(card.validFrom),
    stored_at: isoTime(card.storedAt),
    stored_by: card.actor,
  };
}

/** The guide's card, shortened: documentation of the form that domain/rating reads. */
export const RATE_CARD_SOURCE_EXAMPLE = {
  rate_card_id: "RC-TENANT-001",
  name: "Tenant 1 Global Rates",
  currency: "USD",
  effective_date: "2024-01-01",
  timezone: "America/New_York",
  rates: {
    sms: {
      base_rate: 0.01,
      time_bands: [
        {
          name: "Peak (US)",
          start_hour: 9,
          end_hour: 17,
          days_of_week: [1, 2, 3, 4, 5],
          rate: 0.015,
          multiplier: 1.5,
        },
      ],
      operator_rates: { Verizon: 0.02 },
      destination_rates: { US: 0.01, CA: 0.015 },
    },
  },
  volume_discounts: [{ min_volume: 10000, max_volume: 99999, discount: 5 }],
};

/** A card in a request or an answer: its own text decides; this describes it. */
export const rateCardSource = z
  .looseObject({
    rate_card_id: z.string(),
    name: z.string(),
    currency: z.string(),
    effective_date: z.string().meta({ format: "date" }),
    timezone: z.string().optional(),
    rates: z.record(z.string(), z.unknown()),
    volume_discounts: z.array(z.unknown()).optional(),
  })
  .meta({ examples: [RATE_CARD_SOURCE_EXAMPLE] });
