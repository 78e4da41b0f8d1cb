import { describe, expect, test } from "@jest/globals";
import { sampleInvoice } from "../../../tests/documents/samples.ts";
import { readableColour } from "./colour.ts";
import { roundedUnits, unitsOf } from "./decimals.ts";
import { formatsOf, localeOf } from "./formats.ts";
import { invoiceContent } from "./invoice-content.ts";
import { en } from "./labels/en.ts";
import { LABELS, labelsOf } from "./labels/table.ts";
import { breakable, plainText } from "./plain-text.ts";
import { qrCodeSvg } from "./qr-code.ts";

describe("words", () => {
  test.each(Object.entries(LABELS))("%s puts in what English puts in", (_language, labels) => {
    const braces = (text: unknown): string[] => (JSON.stringify(text).match(/\{\w+\}/g) ?? []).sort();
    for (const name of Object.keys(en) as (keyof typeof en)[])
      expect([name, ...braces(labels[name])]).toEqual([name, ...braces(en[name])]);
  });

  test.each([
    ["de-AT", "Rechnung"],
    ["zh-Hant-TW", "账单"],
    ["xx", "Invoice"],
    ["not a language!", "Invoice"],
    ["", "Invoice"],
  ])("%j: %s", (language, title) => {
    expect(labelsOf(localeOf(language)).title.invoice).toBe(title);
  });
});

describe("numbers and days", () => {
  const formats = (language: string, currency = "EUR") => formatsOf(localeOf(language), currency);

  test("keep every digit", () => {
    expect(formats("en").number("12345678901234567890.123456789012345678")).toBe(
      "12,345,678,901,234,567,890.123456789012345678",
    );
    expect(formats("de").money("-99999999999999999999.99")).toBe("-99.999.999.999.999.999.999,99\u00a0€");
  });

  test("are the language's own", () => {
    expect(formats("fr").percent("7.5")).toBe("7,5\u00a0%");
    expect(formats("en").day("2026-11-28")).toBe("Nov 28, 2026");
    expect(formats("ar").day("2026-11-28")).toBe("28 نوفمبر 2026");
    expect(formats("th").day("2026-11-28")).toContain("2026");
    expect(formats("en", "JPY").money("1999")).toBe("¥1,999");
    expect(formats("de").country("AT")).toBe("Österreich");
  });

  test("a currency that is none is written beside the number", () => {
    expect(formats("en", "12$").money("1.50")).toBe("1.50 12$");
  });

  test("decimals are exact or refused, and rounded only where it is asked for", () => {
    expect(unitsOf("-19.99", 4)).toBe(-199900n);
    expect(() => unitsOf("0.001", 2)).toThrow(RangeError);
    expect(() => unitsOf("1e5", 2)).toThrow(RangeError);
    expect([roundedUnits("0.005", 2), roundedUnits("-0.005", 2), roundedUnits("0.0049", 2)]).toEqual([
      1n,
      -1n,
      0n,
    ]);
  });
});

describe("text of others", () => {
  test("loses what hides or turns, and nothing else", () => {
    expect(plainText("a\u0000b\u202ec\ud800 d\n\te\u200d")).toEqual({
      text: "a b c\ufffd d e\u200d",
      rightToLeft: false,
    });
    expect(plainText("123 שלום abc").rightToLeft).toBe(true);
    expect(plainText("SMS عربي").rightToLeft).toBe(false);
  });

  test("long words may be broken, between whole characters", () => {
    const { text } = breakable(plainText("😀".repeat(60)));
    expect(text.split("\u200b").map((piece) => [...piece].length)).toEqual([24, 24, 12]);
    expect(breakable(plainText("ordinary words")).text).toBe("ordinary words");
  });
});

describe("looks", () => {
  test("a colour that white cannot be read on is darkened, another stays", () => {
    expect(readableColour("#0b5fff")).toBe("#0b5fff");
    expect(readableColour("#ffff00")).not.toBe("#ffff00");
    expect(readableColour("red; }")).toBe("#0b5fff");
  });

  test("a QR code has its three finders, or is none", () => {
    const svg = qrCodeSvg("https://pay.test/1")!;
    const rows = [...svg.matchAll(/M(\d+) (\d+)h(\d+)/g)].map((match) => match.slice(1).map(Number));
    for (const corner of [
      [0, 0, 7],
      [0, 6, 7],
    ])
      expect(rows).toContainEqual(corner);
    expect(qrCodeSvg("x".repeat(2_000))).toBeNull();
  });

  test("numbers of a column are filled up to the longest fraction", () => {
    const { lines } = invoiceContent(sampleInvoice("telecom-month"));
    const widths = lines.map(({ unitRate: { text, pad } }) => (text + pad).split(",")[1]!.length);
    expect(new Set(widths)).toEqual(new Set([6]));
    expect(lines[24]!.unitRate).toEqual({ text: "450,00", pad: "0000" });
  });
});
