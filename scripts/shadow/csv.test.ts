import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { csvField, CsvRecords } from "./csv.ts";

function read(pieces: readonly string[], delimiter = ","): string[][] {
  const records = new CsvRecords(delimiter);
  const all = pieces.flatMap((piece) => [...records.push(piece)]);
  return [...all, ...records.end()].map(({ fields }) => fields);
}

describe("CSV", () => {
  test.each<[string, string[][]]>([
    [
      "a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a,b\r\n1,\r\n",
      [
        ["a", "b"],
        ["1", ""],
      ],
    ],
    ['"a, b","c ""d"""', [["a, b", 'c "d"']]],
    ['"two\nlines",x\n', [["two\nlines", "x"]]],
    ["\n\na\n", [["a"]]],
    ["", []],
    ['"open', [["open"]]],
  ])("%j", (text, expected) => {
    expect(read([text])).toEqual(expected);
  });

  test("a quote that never closes does not swallow a file", () => {
    expect(() => read([`"${"x\n".repeat(600_000)}`])).toThrow("does not end");
  });

  test("what is written is read again, however it is cut into pieces", () => {
    const field = fc.string({ unit: fc.constantFrom(...'ab,"\n\r;é '.split("")) });
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 }),
        fc.nat(50),
        (rows, size) => {
          const text = rows.map((row) => `${row.map(csvField).join(",")}\n`).join("");
          const pieces = text.match(new RegExp(`[^]{1,${size + 1}}`, "g")) ?? [];
          expect(read(pieces)).toEqual(rows);
        },
      ),
    );
  });
});
