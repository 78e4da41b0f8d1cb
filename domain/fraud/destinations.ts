import type { Destination, FrozenDestination } from "./destination-schema.ts";

export type { Destination, FrozenDestination };

/** Of one alert or one case: more are told by their countries. */
export const DESTINATIONS_MAX = 50;

/**
 * Whether the tenant may not reach this number. Several cases may have frozen one destination: it opens when the last of them is done.
 * @param number in E.164 with +.
 * @param countries what is known of the number's country: its plan's, and a trusted tenant's own hint.
 */
export function isFrozen(
  frozen: readonly FrozenDestination[] | undefined,
  number: string,
  countries: readonly (string | null)[],
): boolean {
  if (frozen === undefined || frozen.length === 0) return false;
  return frozen.some(({ country, prefix }) =>
    prefix === null ? country !== null && countries.includes(country) : number.startsWith(prefix, 1),
  );
}

/** Whether everything that `inner` stands for lies within `outer`. */
function covers(outer: Destination, inner: Destination): boolean {
  if (outer.prefix === null) return outer.country !== null && outer.country === inner.country;
  const isOneCountry = outer.country === null || outer.country === inner.country;
  return isOneCountry && inner.prefix !== null && inner.prefix.startsWith(outer.prefix);
}

/**
 * All of both without what another one covers, in the order in which they came. More than fifty ranges become their countries, of which there
 * are 250; a range of no known country stays a range.
 */
export function mergeDestinations(
  known: readonly Destination[],
  more: readonly Destination[],
): readonly Destination[] {
  const merged = withoutCovered([...known, ...more]);
  if (merged.length <= DESTINATIONS_MAX) return merged;
  return withoutCovered(
    merged.map(({ country, prefix }) => ({ country, prefix: country === null ? prefix : null })),
  );
}

function withoutCovered(all: readonly Destination[]): readonly Destination[] {
  return all.filter(
    (one, index) =>
      !all.some((other, at) => at !== index && covers(other, one) && (at < index || !covers(one, other))),
  );
}

/** The tenant's list with a case's destinations frozen; the same list where they are already. */
export function freeze(
  frozen: readonly FrozenDestination[],
  caseId: string,
  destinations: readonly Destination[],
  now: number,
): readonly FrozenDestination[] {
  const isKnown = ({ country, prefix }: Destination): boolean =>
    frozen.some((one) => one.caseId === caseId && one.country === country && one.prefix === prefix);
  const fresh = destinations.filter((one) => !isKnown(one));
  if (fresh.length === 0) return frozen;
  return [
    ...frozen,
    ...fresh.map(({ country, prefix }) => ({ country, prefix, caseId, since: now, permanent: false })),
  ];
}

/** The list without what the case froze, but for what a person decided to block. */
export function release(frozen: readonly FrozenDestination[], caseId: string): readonly FrozenDestination[] {
  return frozen.filter((one) => one.caseId !== caseId || one.permanent);
}

/** The list with what the case froze blocked for good. */
export function blockForGood(
  frozen: readonly FrozenDestination[],
  caseId: string,
): readonly FrozenDestination[] {
  return frozen.map((one) => (one.caseId === caseId ? { ...one, permanent: true } : one));
}

/** "GB +4477009", "GB", "+4477009". */
export function describeDestination({ country, prefix }: Destination): string {
  return [country, prefix === null ? null : `+${prefix}`].filter((part) => part !== null).join(" ");
}
