import type { StoredRateCard } from "./dependencies.ts";

/** The version that prices events of `at` (epoch ms): the greatest validFrom ≤ at, then the highest version; null before the first. */
export function versionAt(versions: readonly StoredRateCard[], at: number): StoredRateCard | null {
  let found: StoredRateCard | null = null;
  for (const one of versions) {
    if (one.validFrom > at) continue;
    const later =
      found === null ||
      one.validFrom > found.validFrom ||
      (one.validFrom === found.validFrom && one.version > found.version);
    if (later) found = one;
  }
  return found;
}
