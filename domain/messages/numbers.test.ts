import { describe, expect, test } from "@jest/globals";
import { assert, property, string, stringMatching } from "fast-check";
import { readNumber, readSender } from "./numbers.ts";

describe("readNumber", () => {
  test.each([
    ["+12125551234", "GH", "+12125551234", "US"],
    ["+1 (212) 555-1234", "GH", "+12125551234", "US"],
    ["2125551234", "US", "+12125551234", "US"],
    ["0244 123 456", "GH", "+233244123456", "GH"],
    ["00233244123456", "GB", "+233244123456", "GH"],
    ["233244123456", "US", "+233244123456", "GH"],
    ["+16135550123", "US", "+16135550123", "CA"],
    ["+870773111632", "US", "+870773111632", null],
    ["+447700900123", "US", "+447700900123", "GB"],
    ["+15551234567", "GH", "+15551234567", "US"],
  ])("reads %s in %s", (written, region, number, country) => {
    expect(readNumber(written, region)).toEqual({ number, country });
  });

  test.each([
    "",
    "+",
    "hello",
    "12345",
    "15551234567",
    "+999123456789",
    "+4912",
    "+1212555123456789",
    "+1212555١٢٣٤",
    "call +12125551234",
    "+12125551234 ext 5",
    "1".repeat(10_000),
  ])("refuses %s", (written) => {
    expect(readNumber(written, "US")).toBeNull();
  });

  test("gives nothing but E.164, which reads as itself everywhere", () => {
    const anything = property(
      string({ maxLength: 40 }),
      stringMatching(/^\+?[0-9 ().-]{6,20}$/),
      (text, digits) => {
        for (const written of [text, digits]) {
          const read = readNumber(written, "GB");
          if (read === null) continue;
          expect(read.number).toMatch(/^\+[1-9]\d{3,14}$/);
          expect(readNumber(read.number, "US")).toEqual(read);
        }
      },
    );
    assert(anything, { numRuns: 2_000 });
  });
});

describe("readSender", () => {
  test.each([
    ["ACME", "ACME"],
    [" My Bank ", "My Bank"],
    ["12345", "12345"],
    ["+1 212 555 1234", "+12125551234"],
    ["0244123456", "+233244123456"],
    ["4u", "4u"],
  ])("reads %s", (written, sender) => {
    expect(readSender(written, "GH")).toBe(sender);
  });

  test.each(["", "!!!", "VERYLONGNAME", "\u0410\u0421\u041c\u0415", "A\nB", "12", "+1", "Bank\u200b"])(
    "refuses %j",
    (written) => {
      expect(readSender(written, "GH")).toBeNull();
    },
  );
});
