import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { countSeptets, decodeGsm, decodeUcs2, encodeGsm, encodeUcs2 } from "./gsm-alphabet.ts";
import { encodeSegment, encodingOf, HIGHEST_PART_COUNT, segment, SEGMENT_LIMITS } from "./segmentation.ts";

const GSM_CHARACTERS = [
  ..."@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
  ..."\f^{}\\[~]|€",
];
const gsmText = fc
  .array(fc.constantFrom(...GSM_CHARACTERS), { maxLength: 700, size: "max" })
  .map((list) => list.join(""));
const anyText = fc.oneof(
  gsmText,
  fc.string({ unit: "grapheme", maxLength: 500, size: "max" }),
  fc.string({ unit: "binary", maxLength: 300, size: "max" }),
  fc.array(fc.constantFrom("😀", "я", "a"), { maxLength: 300, size: "max" }).map((list) => list.join("")),
);

describe("the GSM alphabet", () => {
  test("has 127 characters and ten extended ones", () => {
    expect(GSM_CHARACTERS).toHaveLength(137);
    expect(countSeptets(GSM_CHARACTERS.join(""))).toBe(127 + 20);
  });

  test("puts characters where 23.038 puts them", () => {
    expect([...encodeGsm("@Ç\nΔ A¡a¿à€[")]).toEqual([
      0x00, 0x09, 0x0a, 0x10, 0x20, 0x41, 0x40, 0x61, 0x60, 0x7f, 0x1b, 0x65, 0x1b, 0x3c,
    ]);
  });

  test("lacks ç, the backtick, CJK and the escape itself", () => {
    for (const text of ["ç", "`", "漢", "\u001b", "\u00a0"]) expect(countSeptets(text)).toBeNull();
  });

  test("reads what it wrote", () => {
    fc.assert(fc.property(gsmText, (text) => decodeGsm(encodeGsm(text)) === text));
    fc.assert(fc.property(anyText, (text) => decodeUcs2(encodeUcs2(text)) === text));
  });

  test("reads any octets without failing; eight-bit octets and odd lengths are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300, size: "max" }), (octets) => {
        expect(decodeGsm(octets) === null).toBe(octets.some((octet) => octet >= 0x80));
        expect(decodeUcs2(octets) === null).toBe(octets.length % 2 === 1);
      }),
    );
    expect(decodeGsm(Uint8Array.of(0x41, 0x1b))).toBe("A ");
    expect(decodeGsm(Uint8Array.of(0x1b, 0x41))).toBe("A");
  });
});

describe("segment", () => {
  test.each([
    ["", "gsm7", 1],
    ["a".repeat(160), "gsm7", 1],
    ["a".repeat(161), "gsm7", 2],
    ["a".repeat(306), "gsm7", 2],
    ["a".repeat(307), "gsm7", 3],
    ["€".repeat(80), "gsm7", 1],
    ["€".repeat(81), "gsm7", 2],
    // 76 pairs fill 152 of 153 septets: the 77th starts the next part.
    ["€".repeat(153), "gsm7", 3],
    ["я".repeat(70), "ucs2", 1],
    ["я".repeat(71), "ucs2", 2],
    ["я".repeat(134), "ucs2", 2],
    ["я".repeat(135), "ucs2", 3],
    ["😀".repeat(35), "ucs2", 1],
    ["😀".repeat(36), "ucs2", 2],
    // 33 pairs fill 66 of 67 units.
    ["😀".repeat(67), "ucs2", 3],
  ])("counts the parts of text %#", (text, encoding, parts) => {
    expect(segment(text)).toMatchObject({ ok: true, encoding, parts });
  });

  test("says how many parts a text would need and how many are allowed", () => {
    expect(segment("a".repeat(153 * 11))).toEqual({
      ok: false,
      code: "too_long",
      encoding: "gsm7",
      parts: 11,
      maxParts: 10,
    });
    expect(segment("a".repeat(153 * 11), 11)).toMatchObject({ ok: true, parts: 11 });
    expect(segment("a".repeat(153 * 256), 1000)).toMatchObject({ ok: false, parts: 256, maxParts: 255 });
  });

  test("segments join to the text, fit their room and split no pair", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const result = segment(text, HIGHEST_PART_COUNT);
        if (!result.ok) throw new Error("255 parts are enough for this text");
        expect(result.segments.join("")).toBe(text);
        expect(result.parts).toBe(result.segments.length);
        expect(result.encoding).toBe(encodingOf(text));
        const limits = SEGMENT_LIMITS[result.encoding];
        const room = result.parts === 1 ? limits.single : limits.concatenated;
        const bytesPerUnit = result.encoding === "gsm7" ? 1 : 2;
        for (const [index, part] of result.segments.entries()) {
          expect(encodeSegment(part, result.encoding).length / bytesPerUnit).toBeLessThanOrEqual(room);
          if (result.encoding === "gsm7") expect(countSeptets(part)).not.toBeNull();
          const next = result.segments[index + 1]?.charCodeAt(0) ?? 0;
          const last = part.charCodeAt(part.length - 1);
          const splitsPair = (last & 0xfc00) === 0xd800 && (next & 0xfc00) === 0xdc00;
          expect(splitsPair).toBe(false);
        }
      }),
    );
  });
});
