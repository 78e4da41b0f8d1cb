import type { ICustomPartitioner } from "kafkajs";

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/**
 * Murmur2 as Kafka's own clients compute it (org.apache.kafka.common.utils.Utils.murmur2), in 32-bit arithmetic; kafkajs' own uses
 * BigInt and takes some 10 µs a key. Every producer must agree on it, or a key's records lose their order.
 */
export function murmur2(data: Uint8Array): number {
  const { length } = data;
  let hash = SEED ^ length;
  const whole = length & ~3;
  for (let index = 0; index < whole; index += 4) {
    const word = data[index]! | (data[index + 1]! << 8) | (data[index + 2]! << 16) | (data[index + 3]! << 24);
    const mixed = Math.imul(word, MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(mixed ^ (mixed >>> 24), MULTIPLIER);
  }
  const rest = length & 3;
  if (rest === 3) hash ^= data[whole + 2]! << 16;
  if (rest >= 2) hash ^= data[whole + 1]! << 8;
  if (rest >= 1) hash = Math.imul(hash ^ data[whole]!, MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** The partition of a record with a key; the same as kafkajs' and Java's default partitioners choose. */
export const keyPartitioner: ICustomPartitioner =
  () =>
  ({ partitionMetadata, message }) => {
    const key = message.key ?? "";
    return (
      (murmur2(typeof key === "string" ? Buffer.from(key) : key) & 0x7fffffff) % partitionMetadata.length
    );
  };
