import { type Factor, formatFactor } from "#domain/money/factor.ts";
import type { Percent } from "#domain/money/percent.ts";
import type { Surge, SurgeLimits } from "./rate-card-model.ts";
import { compileTimeBands, matchTimeBand, type TimeBandTable } from "./time-bands.ts";

export interface CompiledSurge {
  readonly name: string;
  /** null: every channel. */
  readonly channels: ReadonlySet<string> | null;
  /** Of one band; null: at any time. */
  readonly schedule: TimeBandTable | null;
  /** Active while the load is higher; null: at any load. */
  readonly above: Percent | null;
  /** Within the card's limits. */
  readonly multiplier: Factor;
  readonly text: string;
}

/** In descending order of multiplier, so that the first that is active is the one that applies. */
export function compileSurges(
  surges: readonly Surge[],
  limits: SurgeLimits,
  timezone: string,
): readonly CompiledSurge[] {
  const compiled = surges.map((surge): CompiledSurge => {
    const multiplier = limited(surge.multiplier, limits);
    return Object.freeze({
      name: surge.name,
      channels: surge.channels === null ? null : new Set(surge.channels),
      schedule: surge.schedule === null ? null : compileTimeBands([surge.schedule], timezone),
      above: surge.above,
      multiplier,
      text: formatFactor(multiplier),
    });
  });
  return compiled.sort((left, right) => (left.multiplier < right.multiplier ? 1 : -1));
}

function limited(multiplier: Factor, { max, floor }: SurgeLimits): Factor {
  if (max !== null && multiplier > max) return max;
  return floor !== null && multiplier < floor ? floor : multiplier;
}

/** The surge that applies: of those active the one with the highest multiplier; a load that is not known activates none. */
export function findSurge(
  surges: readonly CompiledSurge[],
  channel: string,
  at: number,
  load: Percent | null,
): CompiledSurge | null {
  for (const surge of surges) {
    if (surge.channels !== null && !surge.channels.has(channel)) continue;
    if (surge.above !== null && (load === null || load <= surge.above)) continue;
    if (surge.schedule !== null && matchTimeBand(surge.schedule, at) === -1) continue;
    return surge;
  }
  return null;
}
