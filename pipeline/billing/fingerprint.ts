import { Poison } from "#domain/errors.ts";
import type { BillingEvent } from "#domain/events/billing-event.ts";

/**
 * 53 bits of an event's body, but for its id and its hold: tells a repetition from another event that was given the same id. No
 * protection against who looks for collisions: ids are the platform's own. Two 32-bit multiplicative hashes side by side, as FNV-1a has one.
 */
export function fingerprintOf(event: BillingEvent): bigint {
  const text = event.kind === "usage" ? usageText(event) : entryText(event);
  let high = 0xde_ad_be_ef;
  let low = 0x41_c6_ce_57;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 0x9e_37_79_b1);
    low = Math.imul(low ^ code, 0x5f_35_64_95);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85_eb_ca_6b) ^ Math.imul(low ^ (low >>> 13), 0xc2_b2_ae_35);
  low = Math.imul(low ^ (low >>> 16), 0x85_eb_ca_6b) ^ Math.imul(high ^ (high >>> 13), 0xc2_b2_ae_35);
  return BigInt((high & 0x1f_ff_ff) * 0x1_00_00_00_00 + (low >>> 0));
}

function usageText(event: Extract<BillingEvent, { kind: "usage" }>): string {
  const { eventType, channel, at, units, country, operator, attributes } = event;
  const more = attributes === undefined ? "" : JSON.stringify(attributes);
  return `${eventType}|${channel}|${at}|${units}|${country ?? ""}|${operator ?? ""}|${event.prefix ?? ""}|${more}`;
}

function entryText({ entryType, amount, units, at }: Extract<BillingEvent, { kind: "entry" }>): string {
  return `${entryType}|${amount}|${units}|${at}`;
}

export function sameIdOtherBody(eventId: string): Poison {
  return new Poison(`Event ${eventId} came before with another body: give it an id of its own`);
}
