import { describe, expect, test } from "@jest/globals";
import { numberedDifferences, unnumberedDifferences } from "./audit-differences.ts";
import { blockHash, GENESIS, parseSource, sealOf, sourceText, type AuditBlock } from "./audit-rows.ts";

const mark = (digit: string): string => digit.repeat(16);
const row = (number: bigint, digit: string, name = `event-${number}`) => ({
  number,
  name,
  mark: Buffer.from(mark(digit), "hex"),
});
const kinds = (found: readonly { readonly kind: string; readonly row: bigint | null }[]): string[] =>
  found.map(({ kind, row: number }) => `${kind} ${number}`);

describe("a block whose rows are numbered without a gap", () => {
  const marks = [mark("1"), mark("2"), mark("3")];

  test("untouched, nothing is found", () => {
    expect(numberedDifferences([row(7n, "1"), row(8n, "2"), row(9n, "3")], 7n, marks)).toEqual([]);
  });

  test("an edited, a deleted and an added row are told apart", () => {
    expect(kinds(numberedDifferences([row(7n, "1"), row(8n, "f"), row(9n, "3")], 7n, marks))).toEqual([
      "row_altered 8",
    ]);
    expect(kinds(numberedDifferences([row(7n, "1"), row(9n, "3")], 7n, marks))).toEqual(["row_missing 8"]);
    const added = [row(7n, "1"), row(8n, "2"), row(8n, "e", "forged"), row(9n, "3")];
    expect(kinds(numberedDifferences(added, 7n, marks))).toEqual(["row_inserted 8"]);
  });

  test("an edited row beside an added one of its number counts once as each", () => {
    const rows = [row(7n, "1"), row(8n, "d"), row(8n, "e", "forged"), row(9n, "3")];
    expect(kinds(numberedDifferences(rows, 7n, marks))).toEqual(["row_altered 8", "row_inserted 8"]);
  });
});

describe("a block of transactions, whose numbers may have holes", () => {
  const marks = [mark("1"), mark("2")];

  test("rows are told by their marks", () => {
    expect(unnumberedDifferences([row(3n, "1"), row(9n, "2")], marks)).toEqual([]);
    expect(kinds(unnumberedDifferences([row(3n, "1"), row(9n, "f")], marks))).toEqual(["row_altered 9"]);
    expect(kinds(unnumberedDifferences([row(9n, "2")], marks))).toEqual(["row_missing null"]);
    expect(kinds(unnumberedDifferences([row(3n, "1"), row(5n, "1"), row(9n, "2")], marks))).toEqual([
      "row_inserted 5",
    ]);
  });
});

describe("hash and seal", () => {
  const block: AuditBlock = {
    tenantId: "T1",
    position: 1n,
    source: "wallet:w",
    first: 1n,
    last: 2n,
    rows: 2,
    form: 1,
    previousHash: GENESIS,
  };
  const rowsHash = Buffer.alloc(32, 1);

  test("every part of a block's description is in its hash", () => {
    const hash = blockHash(block, rowsHash).toString("hex");
    const changes: Partial<AuditBlock>[] = [
      { tenantId: "T2" },
      { position: 2n },
      { source: "wallet:v" },
      { first: 2n },
      { last: 3n },
      { rows: 3 },
      { form: 2 },
      { previousHash: Buffer.alloc(32, 9) },
    ];
    const others = changes.map((change) => blockHash({ ...block, ...change }, rowsHash).toString("hex"));
    others.push(blockHash(block, Buffer.alloc(32, 2)).toString("hex"));
    expect(new Set([hash, ...others]).size).toBe(changes.length + 2);
  });

  test("a seal needs the key", () => {
    const hash = blockHash(block, rowsHash);
    expect(sealOf("key", "T1", 1n, hash)).toEqual(sealOf("key", "T1", 1n, hash));
    expect(sealOf("key", "T1", 1n, hash)).not.toEqual(sealOf("other", "T1", 1n, hash));
    expect(sealOf("key", "T1", 1n, hash)).not.toEqual(sealOf("key", "T2", 1n, hash));
  });

  test("sources are read as they are written", () => {
    for (const text of ["wallet:a:b", "transactions"]) {
      const source = parseSource(text);
      expect(source === null ? null : sourceText(source)).toBe(text);
    }
    expect(parseSource("cash box")).toBeNull();
  });
});
