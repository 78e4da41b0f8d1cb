import { formatPercent, type Percent } from "#domain/money/percent.ts";
import {
  type CompiledPricing,
  compilePricing,
  compilePrincipal,
  type PrincipalRates,
  quote,
  type RateQuote,
} from "./compiled-rates.ts";
import { hasVolumeDiscount, principalEvent } from "./event-types.ts";
import { parseRateCard } from "./rate-card.ts";
import type { CardRemark, RateCard, RateSource } from "./rate-card-model.ts";
import type { RateCardVersion } from "./rate-card-version.ts";

export interface CompiledEvent {
  /** That of the card: rcs for both RCS channels. */
  readonly channel: string;
  readonly volumeDiscount: boolean;
  /** The flat price of an event other than the principal one. */
  readonly flat: RateQuote | null;
  /** Set for the principal event. */
  readonly principal: PrincipalRates | null;
  /** null: units × rate is all. */
  readonly pricing: CompiledPricing | null;
}

export interface CompiledTier {
  readonly minVolume: bigint;
  readonly minVolumeText: string;
  readonly discount: Percent;
  readonly discountText: string;
}

/** One version of a card, ready to rate with: immutable, shared by every event that it prices. */
export interface CompiledRateCard {
  readonly rateCardId: string;
  readonly version: number;
  /** Epoch ms. */
  readonly validFrom: number;
  readonly currency: string;
  readonly precedence: readonly RateSource[];
  /** By canonical event type. */
  readonly events: ReadonlyMap<string, CompiledEvent>;
  /** In ascending order of minVolume. */
  readonly tiers: readonly CompiledTier[];
}

export function compileRateCard(
  card: RateCard,
  version: Pick<RateCardVersion, "version" | "validFrom">,
): CompiledRateCard {
  const events = new Map<string, CompiledEvent>();
  const { timezone, holidays } = card;
  const calendar = { timezone, holidays, nested: !card.precedence.includes("time_band") };
  for (const [channel, rates] of card.rates) {
    const volumeDiscount = hasVolumeDiscount(channel);
    for (const [eventType, { rate, pricing }] of rates.events) {
      const flat = rate === null ? null : quote("event", null, rate);
      const compiled = { channel, volumeDiscount, flat, principal: null, pricing: compilePricing(pricing) };
      events.set(eventType, Object.freeze(compiled));
    }
    const principal = compilePrincipal(rates, calendar);
    const compiled = {
      channel,
      volumeDiscount,
      flat: null,
      principal,
      pricing: compilePricing(rates.pricing),
    };
    events.set(principalEvent(channel), Object.freeze(compiled));
  }
  return Object.freeze({
    rateCardId: card.rateCardId,
    version: version.version,
    validFrom: version.validFrom,
    currency: card.currency,
    precedence: card.precedence,
    events,
    tiers: card.volumeDiscounts.map(({ minVolume, discount }) =>
      Object.freeze({
        minVolume,
        minVolumeText: minVolume.toString(),
        discount,
        discountText: formatPercent(discount),
      }),
    ),
  });
}

export type StoredCardCompiled =
  | { readonly ok: true; readonly card: CompiledRateCard }
  | { readonly ok: false; readonly problems: readonly CardRemark[] };

/** Reads and compiles a version as control.rate-cards carries it. */
export function compileRateCardVersion(version: RateCardVersion): StoredCardCompiled {
  const parsed = parseRateCard(version.source);
  return parsed.ok ? { ok: true, card: compileRateCard(parsed.card, version) } : parsed;
}
