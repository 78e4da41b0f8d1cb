import { billingEventId, type UsageEvent } from "#domain/events/billing-event.ts";

/** What the platform measures of a tenant by itself, by the event type that it is billed as. */
export const METERS = {
  /** Requests that were answered. */
  "api.calls": { channel: "api", unit: 1n },
  /** Bytes of requests and answers; a unit is a GB. */
  "bandwidth.gb": { channel: "bandwidth", unit: 1_000_000_000n },
  /** Bytes times hours; a unit is a GB kept for a month of 730 hours. */
  "storage.gb": { channel: "storage", unit: 730_000_000_000n },
  /** Microseconds of the gateway's processors; a unit is an hour. */
  "compute.cpu_hour": { channel: "compute", unit: 3_600_000_000n },
  /** One a month. */
  "firewall.subscription": { channel: "firewall", unit: 1n },
} as const satisfies Record<string, { readonly channel: string; readonly unit: bigint }>;

export type Meter = keyof typeof METERS;

/** What one process measured within one hour, so far. */
export interface MeterReading {
  readonly tenantId: string;
  readonly meter: Meter;
  /** Epoch ms at which the hour began. */
  readonly hour: number;
  /** Whole, in the meter's own small unit: calls, bytes, microseconds. Grows until the hour is over. */
  readonly quantity: number;
}

/** What was measured of a tenant in a closed hour, by all processes together; it never changes. */
export interface MeteredQuantity {
  readonly tenantId: string;
  readonly meter: Meter;
  /** Epoch ms; prices it. */
  readonly at: number;
  readonly quantity: bigint;
}

/**
 * Units that a quantity starts, where `before` was measured in the month already: a started unit counts once, when it is started, so that the
 * month's units are those of its whole quantity whatever it was measured in.
 */
export function startedUnits(meter: Meter, before: bigint, quantity: bigint): bigint {
  const { unit } = METERS[meter];
  const started = (total: bigint): bigint => (total + unit - 1n) / unit;
  return started(before + quantity) - started(before);
}

/** The same event whenever it is made again from the same quantity. */
export function meteredEvent(
  { tenantId, meter, at }: MeteredQuantity,
  walletId: string,
  units: bigint,
): UsageEvent {
  return {
    v: 1,
    kind: "usage",
    id: billingEventId(`meter.${tenantId}.${at}`, meter, 1),
    tenantId,
    walletId,
    at,
    acceptedAt: at,
    eventType: meter,
    messageId: null,
    part: 1,
    channel: METERS[meter].channel,
    units: Number(units),
    country: null,
    operator: null,
    hold: "0",
  };
}
