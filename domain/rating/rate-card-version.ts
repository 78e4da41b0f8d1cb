import { z } from "zod";

/**
 * One stored version of a rate card, on control.rate-cards keyed by `rateCardId:version`.
 * Versions are append-only; the one with the greatest validFrom ≤ the event's time (then the highest version) prices it.
 */
export const rateCardVersion = z.object({
  v: z.literal(1),
  rateCardId: z.string(),
  /** 1, 2, 3, … */
  version: z.number().int().min(1),
  /** Epoch ms; the first version of a card may be valid in the past (its effective_date), a later one at the earliest 2 s after storing. */
  validFrom: z.number().int(),
  storedAt: z.number().int(),
  /** The card's JSON text as it was posted, so that no number passes through a double. */
  source: z.string(),
});

export type RateCardVersion = z.infer<typeof rateCardVersion>;
