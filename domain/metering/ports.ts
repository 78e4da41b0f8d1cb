import type { Meter, MeteredQuantity, MeterReading } from "./meters.ts";

/** A metered quantity on its way to billing. `walletId` is null until it is decided who pays. */
export interface PendingQuantity extends MeteredQuantity {
  readonly walletId: string | null;
}

/** Readings of the processes, and what they add up to. Everything throws Unavailable when PostgreSQL cannot be reached. */
export interface MeteringStore {
  /** Stores what `source` has measured so far; the same or a smaller reading again changes nothing. @returns those whose hour is closed: they count nowhere. */
  store(source: string, readings: readonly MeterReading[]): Promise<readonly MeterReading[]>;
  /** Measures once a day what each tenant's messages take, as bytes times the day's hours. */
  measureStorage(now: number): Promise<void>;
  /** Adds quantities of their own, such as a month's subscription; one that is there stays. */
  add(quantities: readonly MeteredQuantity[]): Promise<void>;
  /** Closes the hours that ended before `before` and adds their readings up. */
  close(before: number): Promise<void>;
  /** Quantities that billing has not been told of, the oldest first. */
  pending(limit: number): Promise<readonly PendingQuantity[]>;
  /** What was measured of the tenant from `from` (inclusive) to `to` (exclusive), epoch ms. */
  measured(tenantId: string, meter: Meter, from: number, to: number): Promise<bigint>;
  /** Decides who pays, once: a wallet that was decided before stays. */
  assign(quantity: MeteredQuantity, walletId: string): Promise<string>;
  done(quantities: readonly MeteredQuantity[]): Promise<void>;
}
