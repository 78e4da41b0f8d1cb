import { describe, expect, test } from "@jest/globals";
import { carrierIdCandidates } from "./carrier-id.ts";

describe("carrierIdCandidates", () => {
  test.each([
    ["literal", "abc", "abc"],
    ["literal", "ABC", "abc"],
    ["literal", "abc", "ABC"],
    ["literal", "913", "0913"],
    ["literal", "0913", "913"],
    ["hex-in-receipt", "1F", "31"],
    ["hex-in-receipt", "ff00ff00", "4278255360"],
    ["dec-in-receipt", "31", "1f"],
    ["dec-in-receipt", "31", "0000001F"],
    ["dec-in-receipt", "not-a-number", "not-a-number"],
  ] as const)("%s: a receipt for %s finds %s", (format, receiptId, responseId) => {
    expect(carrierIdCandidates(receiptId, format)).toContain(responseId);
  });

  test("the id as it stands comes first, and the list is short", () => {
    const candidates = carrierIdCandidates("00ab", "literal");
    expect(candidates[0]).toBe("00ab");
    expect(candidates.length).toBeLessThan(12);
    expect(carrierIdCandidates("0", "literal")).toContain("0");
  });
});
