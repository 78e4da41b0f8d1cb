import { multiplyByFactor } from "#domain/money/factor.ts";
import { formatMoney, type Money } from "#domain/money/money.ts";
import { NO_PERCENT } from "#domain/money/percent.ts";
import { isSupportedCountry } from "libphonenumber-js";
import { knownEventTypes, principalEvent } from "./event-types.ts";
import { child } from "./json-reader.ts";
import type {
  CardRemark,
  ChannelRates,
  DatedRate,
  NamedRate,
  RateCard,
  RateSource,
  TimeBand,
  VolumeDiscount,
} from "./rate-card-model.ts";
import { clockOf, hoursOfWeek } from "./time-bands.ts";

const QUARTER_HOUR_MS = 900_000;

/** Nobody reads more; looking on would also cost seconds on a card of many thousand bands. */
const WARNINGS_MAX = 100;

/** What a valid card says that its author may not mean; at most 100 remarks and one that there are more. */
export function rateCardWarnings(card: RateCard): CardRemark[] {
  const warnings: CardRemark[] = [];
  for (const warning of everyWarning(card)) {
    if (warnings.length === WARNINGS_MAX) return [...warnings, { path: "", message: "and more warnings" }];
    warnings.push(warning);
  }
  return warnings;
}

function* everyWarning(card: RateCard): Generator<CardRemark> {
  for (const [channel, rates] of card.rates) {
    const path = child("rates", channel);
    const bandsPath = child(path, "time_bands");
    yield* channelWarnings(rates, path, channel);
    yield* bandListWarnings(rates.timeBands, bandsPath, card);
    if (card.precedence.includes("time_band")) {
      for (const [index, band] of rates.timeBands.entries()) {
        yield* bandWarnings(band, child(bandsPath, index), rates, card.precedence);
      }
    }
    for (const [ratesPath, dated] of datedRates(rates, path)) {
      yield* validityWarnings(dated, ratesPath);
      for (const [index, { timeBands }] of dated.entries()) {
        const ratePath = dated.length === 1 ? ratesPath : child(ratesPath, index);
        yield* bandListWarnings(timeBands, child(ratePath, "time_bands"), card);
      }
    }
  }
  yield* tierWarnings(card.volumeDiscounts);
  yield* discountWarnings(card);
  yield* surgeWarnings(card);
}

function channelWarnings(rates: ChannelRates, path: string, channel: string): CardRemark[] {
  const warnings: CardRemark[] = [];
  const principal = principalEvent(channel);
  if (channel.startsWith("rcs-")) {
    warnings.push({
      path,
      message: "both RCS channels are rated under rcs; this prices only events that name the channel itself",
    });
  }
  const partial =
    rates.timeBands.length + rates.operatorRates.size + rates.prefixRates.size + rates.destinationRates.size >
    0;
  if (rates.baseRate === null && rates.contractRate.length === 0 && partial) {
    warnings.push({
      path,
      message: `has no base_rate: ${principal} is free wherever nothing else prices it`,
    });
  }
  for (const eventType of rates.events.keys()) {
    if (knownEventTypes(channel).includes(eventType)) continue;
    const message = `the platform emits no such event; it emits ${knownEventTypes(channel).join(", ")}`;
    warnings.push({ path: child(child(path, "events"), eventType), message });
  }
  for (const country of rates.destinationRates.keys()) {
    if (isSupportedCountry(country)) continue;
    const message = `no phone number belongs to this country code${country === "UK" ? "; the United Kingdom is GB" : ""}`;
    warnings.push({ path: child(child(path, "destination_rates"), country), message });
  }
  return warnings;
}

/** The default precedence lets a general band undercut a dearer operator, destination or contract. */
function bandWarnings(
  band: TimeBand,
  path: string,
  rates: ChannelRates,
  precedence: readonly RateSource[],
): CardRemark[] {
  if (band.rate === null) return [];
  const rate = band.rate;
  const warnings: CardRemark[] = [];
  const undercut = overridesBelow(rates, precedence).filter((override) => override.rate > rate);
  if (undercut.length > 0) {
    const first = undercut.slice(0, 3).map(({ name, rate: dearer }) => `${name} ${formatMoney(dearer)}`);
    const more = undercut.length > 3 ? ` and ${undercut.length - 3} more` : "";
    const remedy =
      "let precedence name time_band after them, or give the band a multiplier in place of a rate";
    warnings.push({
      path: child(path, "rate"),
      message: `${formatMoney(rate)} undercuts ${first.join(", ")}${more} while the band lasts: ${remedy}`,
    });
  }
  if (band.multiplier !== null && rates.baseRate !== null) {
    const product = multiplyByFactor(rates.baseRate, band.multiplier).amount;
    if (product !== rate) {
      const message = `is not used, since rate wins: it would give ${formatMoney(product)}, rate gives ${formatMoney(rate)}`;
      warnings.push({ path: child(path, "multiplier"), message });
    }
  }
  return warnings;
}

/** Every rate that stands after time_band in the precedence, base_rate left out. */
function overridesBelow(
  rates: ChannelRates,
  precedence: readonly RateSource[],
): { name: string; rate: Money }[] {
  const below = precedence.slice(precedence.indexOf("time_band") + 1);
  return [
    ...(below.includes("contract") ? named([{ name: "the contract's", rates: rates.contractRate }]) : []),
    ...(below.includes("contract") ? named(rates.contractRates.values()) : []),
    ...(below.includes("operator") ? named(rates.operatorRates.values()) : []),
    ...(below.includes("prefix") ? named(rates.prefixRates.values()) : []),
    ...(below.includes("destination") ? named(rates.destinationRates.values()) : []),
  ];
}

function named(rates: Iterable<NamedRate>): { name: string; rate: Money }[] {
  return [...rates].flatMap(({ name, rates: dated }) =>
    dated.flatMap(({ rate }) => (rate === null ? [] : [{ name, rate }])),
  );
}

/** Every list of dated rates with its path. */
function* datedRates(rates: ChannelRates, path: string): Generator<[string, readonly DatedRate[]]> {
  yield [child(path, "contract_rate"), rates.contractRate];
  const lists = {
    operator_rates: rates.operatorRates,
    prefix_rates: rates.prefixRates,
    destination_rates: rates.destinationRates,
  };
  for (const [key, list] of Object.entries(lists)) {
    for (const { name, rates: dated } of list.values()) {
      // Of tens of thousands of prefixes nearly all are plain prices, which have nothing to warn about.
      const plain = dated.length === 1 && dated[0]?.timeBands.length === 0;
      if (!plain) yield [child(child(path, key), name), dated];
    }
  }
}

/** The first in the list that is in force counts; where none is, the next source does. */
function validityWarnings(rates: readonly DatedRate[], path: string): CardRemark[] {
  if (rates.length < 2) return [];
  const warnings: CardRemark[] = [];
  for (const [index, rate] of rates.entries()) {
    const earlier = rates.slice(0, index).findIndex((other) => overlap(other, rate));
    if (earlier === -1) continue;
    const message = `is in force together with ${child(path, earlier)}: the first in the list applies`;
    warnings.push({ path: child(path, index), message });
  }
  const sorted = rates.toSorted((left, right) => ((left.validFrom ?? "") < (right.validFrom ?? "") ? -1 : 1));
  for (const [index, { validTo }] of sorted.entries()) {
    const next = sorted[index + 1]?.validFrom ?? null;
    if (validTo === null || next === null || next <= validTo) continue;
    warnings.push({ path, message: `has no rate from ${validTo} until ${next}: the next source applies` });
  }
  return warnings;
}

function overlap(left: DatedRate, right: DatedRate): boolean {
  const before = (to: string | null, from: string | null): boolean =>
    to !== null && from !== null && to <= from;
  return !before(left.validTo, right.validFrom) && !before(right.validTo, left.validFrom);
}

/** Every quarter hour of a January and a July week: bands of one or several zones overlap when they share one. */
const SAMPLES: readonly number[] = [Date.UTC(2024, 0, 7), Date.UTC(2024, 6, 7)].flatMap((start) =>
  Array.from({ length: 168 * 4 }, (_, quarter) => start + quarter * QUARTER_HOUR_MS),
);

/** Bands that hide others. One with dates or holidays may well stand before a general one: it is meant to. */
function* bandListWarnings(
  bands: readonly TimeBand[],
  path: string,
  { timezone, holidays }: RateCard,
): Generator<CardRemark> {
  const hoursByZone = new Map<string, readonly number[]>();
  const firstBand = new Int16Array(SAMPLES.length).fill(-1);
  for (const [index, band] of bands.entries()) {
    if (band.holidays === "only" && holidays.length === 0) {
      yield { path: child(path, index), message: "never applies: the card lists no holidays" };
    }
    const clock = clockOf(band.timezone ?? timezone);
    const hours = hoursByZone.get(clock.zone) ?? SAMPLES.map((at) => clock.hourOfWeek(at));
    hoursByZone.set(clock.zone, hours);
    const conditional = band.validFrom !== null || band.validTo !== null || band.holidays !== null;
    const covered = new Uint8Array(168);
    for (const hour of hoursOfWeek(band)) covered[hour] = 1;
    let shared = -1;
    let free = false;
    for (let sample = 0; sample < hours.length; sample += 1) {
      if (covered[hours[sample] ?? 0] === 0) continue;
      if (firstBand[sample] !== -1) {
        if (shared === -1) shared = sample;
        continue;
      }
      free = true;
      if (!conditional) firstBand[sample] = index;
    }
    if (shared === -1) continue;
    const first = firstBand[shared] ?? 0;
    const earlier = `${child(path, first)} (${JSON.stringify(bands[first]?.name)})`;
    const when = clock.label(SAMPLES[shared] ?? 0);
    const message = free
      ? `overlaps ${earlier} at ${when}: the first in the list applies`
      : `never applies: ${earlier} and others before it cover all of its hours`;
    yield { path: child(path, index), message };
  }
}

/** max_volume is informative: a gap behind it is not without discount. */
function tierWarnings(tiers: readonly VolumeDiscount[]): CardRemark[] {
  return tiers.flatMap(({ minVolume, maxVolume }, index) => {
    const next = tiers[index + 1];
    if (maxVolume === null || (next !== undefined && maxVolume >= next.minVolume - 1n)) return [];
    const until = next === undefined ? "without end" : `up to ${next.minVolume - 1n}`;
    return [
      {
        path: "volume_discounts",
        message: `the tier from ${minVolume} applies ${until}, beyond its max_volume of ${maxVolume}`,
      },
    ];
  });
}

/** Discounts that never apply, or that take less from who has earned more. */
function* discountWarnings(card: RateCard): Generator<CardRemark> {
  const { volumeDiscounts, loyaltyDiscounts, bulkDiscounts, promotions, volume, rates } = card;
  for (const [key, steps] of Object.entries({
    volume_discounts: volumeDiscounts,
    loyalty_discounts: loyaltyDiscounts,
    bulk_discounts: bulkDiscounts,
  })) {
    const lower = steps.findIndex(
      ({ discount }, index) => discount < (steps[index - 1]?.discount ?? NO_PERCENT),
    );
    if (lower !== -1) yield { path: key, message: "gives less from a higher bound on: is that meant?" };
  }
  if (volume.mode === "whole" && volumeDiscounts.length === 0)
    yield { path: "volume.mode", message: "has no effect: the card has no volume_discounts" };
  for (const { code, channels } of promotions.values()) {
    const unpriced = (channels ?? []).filter((channel) => !rates.has(channel));
    if (unpriced.length > 0)
      yield {
        path: "promotions",
        message: `${code} names ${unpriced.join(", ")}, which the card does not price`,
      };
  }
}

function* surgeWarnings({ surges, surgeLimits: { max, floor } }: RateCard): Generator<CardRemark> {
  for (const [index, { multiplier }] of surges.entries()) {
    const path = child(child("surge", index), "multiplier");
    if (max !== null && multiplier > max)
      yield { path, message: `is above surge_limits.max_multiplier, which applies in its place` };
    if (floor !== null && multiplier < floor)
      yield { path, message: `is below surge_limits.floor_multiplier, which applies in its place` };
  }
}
