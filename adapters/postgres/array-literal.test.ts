import { describe, expect, test } from "@jest/globals";
import { plainArray, textArray } from "./array-literal.ts";

describe("array literals", () => {
  test.each<[readonly (string | null)[], string]>([
    [[], "{}"],
    [["a", null, ""], '{"a",NULL,""}'],
    [["NULL", "{,}"], '{"NULL","{,}"}'],
    [['{"v":1}', "back\\slash"], '{"{\\"v\\":1}","back\\\\slash"}'],
    [['"', "line\nbreak"], '{"\\"","line\nbreak"}'],
    [['tab\t"', "nul\0"], '{"tab\t\\"","nul�"}'],
    [['é漢😀"'], '{"é漢😀\\""}'],
  ])("%j", (values, literal) => {
    expect(textArray(values)).toBe(literal);
  });

  test("numbers and the like stand as they are", () => {
    expect(plainArray([1, 2n, "0.5", null])).toBe("{1,2,0.5,NULL}");
  });
});
