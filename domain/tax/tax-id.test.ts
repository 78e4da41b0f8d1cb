import { describe, expect, test } from "@jest/globals";
import { parseTaxId } from "./tax-id.ts";

describe("a tax id", () => {
  test.each([
    ["DE 136 695 976", "DE", "DE136695976"],
    ["136695976", "DE", "DE136695976"],
    ["ATU13585627", "AT", "ATU13585627"],
    ["FR40303265045", "FR", "FR40303265045"],
    ["EL 094259216", "GR", "EL094259216"],
    ["12-3456789", "US", "123456789"],
    ["27AAPFU0939F1ZV", "IN", "27AAPFU0939F1ZV"],
    ["GB 980 7806 84", "GB", "GB980780684"],
    ["51 824 753 556", "AU", "51824753556"],
    ["16.727.230/0001-97", "BR", "16727230000197"],
    ["CHE-107.787.577 IVA", "CH", "CHE107787577IVA"],
    ["100-1234-5678", "NG", "10012345678"],
  ])("%s of %s is kept as %s", (text, country, kept) => {
    expect(parseTaxId(text, country)).toBe(kept);
  });

  test.each([
    ["DE136695975", "DE"],
    ["ATU13585627", "DE"],
    ["1234", "US"],
    ["27AAPFU0939F1ZX", "IN"],
    ["GB 980 7806 85", "GB"],
    ["", "NG"],
    ["no number!", "NG"],
    ["1".repeat(31), "NG"],
  ])("%s is none of %s", (text, country) => {
    expect(parseTaxId(text, country)).toBeNull();
  });

  test("the same id written otherwise is the same id", () => {
    for (const text of ["DE136695976", "de 136.695.976", " 136-695-976 "])
      expect(parseTaxId(text, "DE")).toBe("DE136695976");
  });
});
