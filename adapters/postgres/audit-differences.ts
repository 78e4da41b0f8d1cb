import type { MarkedRow } from "./audit-rows.ts";

/** What became of a row of a block. */
export interface RowDifference {
  readonly kind: "row_altered" | "row_missing" | "row_inserted";
  readonly row: bigint | null;
  readonly detail: string;
}

/** Each number from `first` is to stand there once, with the mark that it was chained with. */
export function numberedDifferences(
  rows: readonly MarkedRow[],
  first: bigint,
  marks: readonly string[],
): RowDifference[] {
  const found: RowDifference[] = [];
  const byNumber = Map.groupBy(rows, ({ number }) => number);
  marks.forEach((mark, index) => {
    const number = first + BigInt(index);
    const there = byNumber.get(number) ?? [];
    if (there.length === 0) {
      found.push({ kind: "row_missing", row: number, detail: `row ${number} was deleted` });
      return;
    }
    const others = there.filter((row) => row.mark.toString("hex") !== mark);
    const altered = others.length === there.length;
    for (const [place, { name }] of others.entries())
      found.push(
        altered && place === 0
          ? { kind: "row_altered", row: number, detail: `row ${number} (${name}) is not what was chained` }
          : {
              kind: "row_inserted",
              row: number,
              detail: `row ${number} (${name}) was added after the chaining`,
            },
      );
  });
  return found;
}

/** Numbers may have holes: rows are told by their marks alone. */
export function unnumberedDifferences(rows: readonly MarkedRow[], marks: readonly string[]): RowDifference[] {
  const left = new Map<string, number>();
  for (const mark of marks) left.set(mark, (left.get(mark) ?? 0) + 1);
  const strange = rows.filter(({ mark }) => {
    const text = mark.toString("hex");
    const count = left.get(text) ?? 0;
    if (count > 0) left.set(text, count - 1);
    return count === 0;
  });
  let gone = 0;
  for (const count of left.values()) gone += count;
  const found = strange.map(({ number, name }, index): RowDifference =>
    index < gone
      ? { kind: "row_altered", row: number, detail: `row ${number} (${name}) is not what was chained` }
      : { kind: "row_inserted", row: number, detail: `row ${number} (${name}) was added after the chaining` },
  );
  const missing = gone - strange.length;
  if (missing > 0)
    found.push({ kind: "row_missing", row: null, detail: `${missing} rows of the block were deleted` });
  return found;
}
