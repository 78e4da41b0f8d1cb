import type { Clock } from "#domain/clock.ts";
import type { Meter, MeterReading } from "./meters.ts";

const HOUR_MS = 3_600_000;

/** Counts what a process does for its tenants: a few additions per call, stored by whoever flushes it. */
export interface UsageMeter {
  /** One answered request and the bytes of both bodies. */
  count(tenantId: string, bytes: number): void;
  /** What has been measured in every hour that is not settled yet; processor time since the last call is shared out by calls. */
  readings(): MeterReading[];
  /** The readings are stored; those refused came after their hour was closed, and count in the present one. */
  settle(readings: readonly MeterReading[], refused: readonly MeterReading[]): void;
}

interface Counted {
  readonly tenantId: string;
  readonly meter: Meter;
  readonly hour: number;
  quantity: number;
  stored: number;
}

/** @param processorTime microseconds that the process has used so far. */
export function createUsageMeter(clock: Clock, processorTime: () => number): UsageMeter {
  const counted = new Map<string, Counted>();
  const callsSince = new Map<string, number>();
  let processorBefore = processorTime();

  const add = (tenantId: string, meter: Meter, quantity: number, hour: number): void => {
    const key = `${hour} ${meter} ${tenantId}`;
    const known = counted.get(key);
    if (known === undefined) counted.set(key, { tenantId, meter, hour, quantity, stored: 0 });
    else known.quantity += quantity;
  };
  const hourOf = (now: number): number => now - (now % HOUR_MS);

  return {
    count(tenantId, bytes) {
      const hour = hourOf(clock.now());
      add(tenantId, "api.calls", 1, hour);
      if (bytes > 0) add(tenantId, "bandwidth.gb", bytes, hour);
      callsSince.set(tenantId, (callsSince.get(tenantId) ?? 0) + 1);
    },
    readings() {
      const used = processorTime();
      const shares = shareOut(used - processorBefore, callsSince);
      processorBefore = used;
      callsSince.clear();
      const hour = hourOf(clock.now());
      for (const [tenantId, share] of shares) if (share > 0) add(tenantId, "compute.cpu_hour", share, hour);
      return [...counted.values()]
        .filter(({ quantity, stored }) => quantity > stored)
        .map(({ tenantId, meter, hour: of, quantity }) => ({ tenantId, meter, hour: of, quantity }));
    },
    settle(readings, refused) {
      const present = hourOf(clock.now());
      const late = new Set(refused.map(({ hour, meter, tenantId }) => `${hour} ${meter} ${tenantId}`));
      for (const { tenantId, meter, hour, quantity } of readings) {
        const key = `${hour} ${meter} ${tenantId}`;
        const known = counted.get(key);
        if (known === undefined) continue;
        if (late.has(key)) {
          counted.delete(key);
          add(tenantId, meter, known.quantity - known.stored, present);
        } else if (hour < present && known.quantity === quantity) counted.delete(key);
        else known.stored = quantity;
      }
    },
  };
}

/** Whole shares by weight that add up to the total: what the division leaves goes to the first. */
export function shareOut(total: number, weights: ReadonlyMap<string, number>): [string, number][] {
  const all = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  if (all === 0) return [];
  const shares = Array.from(weights, ([name, weight]): [string, number] => [
    name,
    Math.floor((total * weight) / all),
  ]);
  const left = total - shares.reduce((sum, [, share]) => sum + share, 0);
  const [first] = shares;
  if (first !== undefined) first[1] += left;
  return shares;
}
