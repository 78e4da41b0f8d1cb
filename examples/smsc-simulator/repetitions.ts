/** FNV-1a over a text's code units and octets, 32 bits. */
export function hash32(text: string, octets: Uint8Array, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  for (const octet of octets) hash = Math.imul(hash ^ octet, 0x01000193);
  // FNV's upper bits are poor on short inputs (murmur3's finaliser).
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A day of tests; then it starts anew rather than growing. */
const CAPACITY = 2_000_000;

export interface RepetitionCounter {
  add(high: number, low: number): void;
  repeated(): number;
}

/** Counts what was seen before, by 53 bits of two hashes: a false repetition is expected once in 4,500 runs of two million. */
export function createRepetitionCounter(): RepetitionCounter {
  const seen = new Set<number>();
  let repeated = 0;
  return {
    add(high, low) {
      const key = (high >>> 11) * 2 ** 32 + low;
      if (seen.has(key)) repeated += 1;
      else {
        if (seen.size >= CAPACITY) seen.clear();
        seen.add(key);
      }
    },
    repeated: () => repeated,
  };
}
