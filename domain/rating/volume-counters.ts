import type { ZoneClock } from "./zone-clock.ts";

/**
 * The keys under which a wallet counts what its prices depend on. A month stands as "202611" on the tenant's clocks:
 * `202611` units of all channels, `202611/sms` of one; the same with a `$` behind it the sum of their prices before
 * volume discounts, in 10⁻¹⁸ (only where a tier applies to the whole month); `promo:CODE:uses`, `promo:CODE:amount` (10⁻¹⁸).
 */
export type CounterKey = string;

/** The calendar month of an instant (epoch ms) on the zone's clocks: "202611". */
export function monthOf(zone: ZoneClock, at: number): string {
  return zone.month(at);
}

/** The sum of the prices behind a volume counter. */
export function volumeSum(counter: CounterKey): CounterKey {
  return `${counter}$`;
}

export function promotionUses(code: string): CounterKey {
  return `promo:${code}:uses`;
}

export function promotionAmount(code: string): CounterKey {
  return `promo:${code}:amount`;
}
