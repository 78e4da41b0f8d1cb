import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { belongsTo, type CloseMark, type PlacedEntry } from "./membership.ts";

/** A life of a wallet: entries come with any time of their own, closes come in between with ever later ends. */
const lives = fc
  .array(
    fc.oneof(
      fc.record({ kind: fc.constant("entry" as const), occurredAt: fc.integer({ min: 0, max: 200 }) }),
      fc.record({ kind: fc.constant("close" as const), days: fc.integer({ min: 1, max: 30 }) }),
    ),
    { maxLength: 200 },
  )
  .map((steps) => {
    const entries: PlacedEntry[] = [];
    const closes: CloseMark[] = [];
    for (const step of steps) {
      const lastSequence = BigInt(entries.length);
      if (step.kind === "entry") entries.push({ occurredAt: step.occurredAt, sequence: lastSequence + 1n });
      else closes.push({ endedAt: (closes.at(-1)?.endedAt ?? 0) + step.days, lastSequence });
    }
    // All that is left over is closed in the end.
    closes.push({ endedAt: 1_000_000, lastSequence: BigInt(entries.length) });
    return { entries, closes };
  });

test("each entry is in exactly one close, however late it comes", () => {
  fc.assert(
    fc.property(lives, ({ entries, closes }) => {
      for (const entry of entries) {
        const holders = closes.filter((close, index) => belongsTo(entry, close, closes[index - 1] ?? null));
        expect(holders).toHaveLength(1);
        // And in no later one than need be.
        const first = closes.find(
          (close) => entry.occurredAt < close.endedAt && entry.sequence <= close.lastSequence,
        );
        expect(holders[0]).toBe(first);
      }
    }),
    { numRuns: 500 },
  );
});
