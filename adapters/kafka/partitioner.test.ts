import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Partitioners, type PartitionMetadata } from "kafkajs";
import { keyPartitioner, murmur2 } from "./partitioner.ts";

describe("the partition of a key", () => {
  test("is the one that kafkajs' default partitioner chooses, for every key and number of partitions", () => {
    const theirs = Partitioners.DefaultPartitioner();
    const ours = keyPartitioner();
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 60 }),
        fc.integer({ min: 1, max: 60 }),
        (key, count) => {
          const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
            partitionId,
            leader: 1,
          })) as PartitionMetadata[];
          const choice = { topic: "t", partitionMetadata, message: { key, value: "" } };
          expect(ours(choice)).toBe(theirs(choice));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("hashes as Kafka's own test vectors say (org.apache.kafka.common.utils.UtilsTest)", () => {
    const vectors = [
      ["21", -973932308],
      ["foobar", -790332482],
      ["a-little-bit-long-string", -985981536],
      ["a-little-bit-longer-string", -1486304829],
      ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
      ["abc", 479470107],
    ] as const;
    for (const [key, hash] of vectors) expect([key, murmur2(Buffer.from(key))]).toEqual([key, hash]);
  });
});
