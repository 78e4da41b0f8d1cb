import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatReceiptText, MESSAGE_STATES, parseReceiptText } from "./receipt.ts";
import type { ReceiptState } from "./receipt.ts";
import { formatSmppTime, parseSmppTime } from "./time.ts";

describe("receipt texts", () => {
  test("read what was written", () => {
    const facts = {
      submittedAt: Date.UTC(2026, 0, 2, 3, 4),
      doneAt: Date.UTC(2026, 0, 2, 3, 5),
      error: "000",
    };
    for (const state of Object.keys(MESSAGE_STATES) as ReceiptState[]) {
      const text = formatReceiptText({ ...facts, messageId: "0a1B", state });
      expect(parseReceiptText(text)).toEqual({ id: "0a1B", state, error: "000" });
    }
    expect(formatReceiptText({ ...facts, messageId: "7", state: "DELIVRD" })).toBe(
      "id:7 sub:001 dlvrd:001 submit date:2601020304 done date:2601020305 stat:DELIVRD err:000 text:",
    );
  });

  test.each([
    ["ID:00913 SUB:1 DLVRD:1 STAT:delivrd ERR:000", { id: "00913", state: "DELIVRD", error: "000" }],
    ["stat:UNDELIVERABLE id:77", { id: "77", state: "UNDELIV", error: null }],
    ["id:1 stat:SOMETHING", { id: "1", state: null, error: null }],
    ["id:1 stat:DELIVRD text:id:2 stat:UNDELIV", { id: "1", state: "DELIVRD", error: null }],
    ["hello", { id: null, state: null, error: null }],
    ["", { id: null, state: null, error: null }],
  ])("%s", (text, expected) => expect(parseReceiptText(text)).toEqual(expected));

  test("any text is read without failing", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => parseReceiptText(text) !== null));
  });
});

describe("SMPP times", () => {
  test("read what was written, to the second", () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2099, 0, 1) }), (at) => {
        expect(parseSmppTime(formatSmppTime(at), 0)).toBe(Math.floor(at / 1000) * 1000);
      }),
    );
  });

  test.each([
    ["000001000000000R", 86_400_000],
    ["000000000130000R", 90_000],
    ["700101010000004+", Date.UTC(2070, 0, 1, 0)],
    ["700101010000004-", Date.UTC(2070, 0, 1, 2)],
    ["701301000000000+", null],
    ["soon", null],
  ])("%s", (text, expected) => expect(parseSmppTime(text, 0)).toBe(expected));
});
