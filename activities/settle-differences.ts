import {
  DIFFERENCES,
  limitReached,
  outcomeOf,
  type Difference,
  type DifferenceKind,
} from "#domain/settlement/differences.ts";
import type { FoundDifferences, SettlementRecord } from "#domain/settlement/ports.ts";
import type { Counts, SettlementRun } from "#workflows/settlement/api.ts";

/** A difference, and how it is mended by posting; null where only a person may. */
export interface Found {
  readonly difference: Difference;
  readonly repair: (() => Promise<boolean>) | null;
}

/** What is found again each night until it is gone, and mended each time: it posts nothing. */
const REPEATABLE: ReadonlySet<DifferenceKind> = new Set(["cache_differs"]);

/**
 * Writes differences down, opens their cases, then mends what may be mended: whoever dies in between finds them again. Answers the counts with
 * these added.
 */
export async function settleDifferences(
  record: SettlementRecord,
  run: SettlementRun & { readonly at: number },
  found: readonly Found[],
  before: Counts,
): Promise<Counts> {
  if (found.length === 0) return before;
  const adjusted = await adjustedBefore(record, run, found);
  let counts = before;
  const noted: FoundDifferences[] = [];
  const repairs: (() => Promise<boolean>)[] = [];
  for (const { difference, repair } of found) {
    const outcome = outcomeOf(difference, adjusted.has(difference.subject), counts);
    if (outcome === "counted" && counts.counted === 0) noted.push(caseOf(limitReached(run.day)));
    counts = counted(counts, difference.kind, outcome);
    if (outcome === "counted") continue;
    if (outcome === "case") noted.push(caseOf(difference));
    else {
      const remedy = DIFFERENCES[difference.kind].adjustment ?? "";
      noted.push({ difference, outcome, remedy });
      if (repair !== null) repairs.push(repair);
    }
  }
  await record.note(run, noted);
  for (const repair of repairs) await repair();
  return counts;
}

function caseOf(difference: Difference): FoundDifferences {
  return { difference, outcome: "case", remedy: DIFFERENCES[difference.kind].remedy };
}

function counted(counts: Counts, kind: DifferenceKind, outcome: ReturnType<typeof outcomeOf>): Counts {
  return {
    adjusted: counts.adjusted + (outcome === "adjusted" ? 1 : 0),
    cases: counts.cases + (outcome === "case" ? 1 : 0),
    counted: counts.counted + (outcome === "counted" ? 1 : 0),
    byKind: { ...counts.byKind, [kind]: (counts.byKind[kind] ?? 0) + 1 },
  };
}

/** Subjects that an earlier settlement adjusted: what is still there then is a person's. */
async function adjustedBefore(
  record: SettlementRecord,
  { runKey }: SettlementRun,
  found: readonly Found[],
): Promise<ReadonlySet<string>> {
  const byKind = new Map<DifferenceKind, string[]>();
  for (const { difference } of found) {
    if (DIFFERENCES[difference.kind].adjustment === null || REPEATABLE.has(difference.kind)) continue;
    byKind.set(difference.kind, [...(byKind.get(difference.kind) ?? []), difference.subject]);
  }
  const subjects = new Set<string>();
  for (const [kind, ofKind] of byKind)
    for (const subject of await record.adjustedBefore(runKey, kind, ofKind)) subjects.add(subject);
  return subjects;
}
