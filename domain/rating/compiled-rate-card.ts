import { formatPercent, type Percent } from "#domain/money/percent.ts";
import {
  type CompiledPricing,
  compilePricing,
  compilePrincipal,
  instantOf,
  type PrincipalRates,
  quote,
  type RateQuote,
} from "./compiled-rates.ts";
import type { ApplicableDiscount, DiscountRule } from "./discounts.ts";
import { hasVolumeDiscount, principalEvent } from "./event-types.ts";
import { parseRateCard } from "./rate-card.ts";
import type {
  BulkDiscount,
  CardRemark,
  LoyaltyDiscount,
  Promotion,
  RateCard,
  RateSource,
  VolumeDiscount,
} from "./rate-card-model.ts";
import type { RateCardVersion } from "./rate-card-version.ts";
import { compileSurges, type CompiledSurge } from "./surge.ts";
import { clockOf } from "./time-bands.ts";
import type { ZoneClock } from "./zone-clock.ts";

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
  /** The tier as a discount, alone. */
  readonly applicable: readonly ApplicableDiscount[];
}

export interface CompiledPromotion extends Promotion {
  /** Epoch ms, [from, to). */
  readonly from: number;
  readonly to: number;
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
  /** Whether reaching a tier changes the month's earlier charges. */
  readonly wholeVolume: boolean;
  readonly volumeByChannel: boolean;
  readonly loyalty: readonly LoyaltyDiscount[];
  readonly bulk: readonly BulkDiscount[];
  /** By code. */
  readonly promotions: ReadonlyMap<string, CompiledPromotion>;
  readonly discountRule: DiscountRule;
  readonly surges: readonly CompiledSurge[];
  /** Of the card's zone. */
  readonly clock: ZoneClock;
  /** Whether there is no discount but the volume tiers'. */
  readonly onlyVolume: boolean;
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
    ...compileTerms(card),
  });
}

type CompiledTerms = Omit<
  CompiledRateCard,
  "rateCardId" | "version" | "validFrom" | "currency" | "precedence" | "events"
>;

function compileTerms(card: RateCard): CompiledTerms {
  const promotions = new Map<string, CompiledPromotion>();
  for (const [code, promotion] of card.promotions) {
    const from = promotion.validFrom === null ? -Infinity : instantOf(promotion.validFrom, card);
    const to = promotion.validTo === null ? Infinity : instantOf(promotion.validTo, card);
    promotions.set(code, Object.freeze({ ...promotion, from, to }));
  }
  const { loyaltyDiscounts: loyalty, bulkDiscounts: bulk, discountRule } = card;
  return {
    tiers: card.volumeDiscounts.map(compileTier),
    wholeVolume: card.volume.mode === "whole",
    volumeByChannel: card.volume.scope === "channel",
    loyalty,
    bulk,
    promotions,
    discountRule,
    surges: compileSurges(card.surges, card.surgeLimits, card.timezone),
    clock: clockOf(card.timezone),
    onlyVolume: loyalty.length === 0 && bulk.length === 0 && promotions.size === 0,
  };
}

function compileTier({ minVolume, discount }: VolumeDiscount): CompiledTier {
  const minVolumeText = minVolume.toString();
  const applicable = { kind: "volume", name: minVolumeText, percent: discount, most: null } as const;
  return Object.freeze({
    minVolume,
    minVolumeText,
    discount,
    discountText: formatPercent(discount),
    applicable: Object.freeze([Object.freeze(applicable)]),
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
