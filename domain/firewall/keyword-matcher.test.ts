import { describe, expect, test } from "@jest/globals";
import { array, assert, constantFrom, property, string } from "fast-check";
import { createKeywordMatcher, holdsKeyword } from "./keyword-matcher.ts";
import { normaliseText, readings } from "./normalise-text.ts";
import { DEFAULT_FIREWALL_RULES, firewallRules } from "./rules.ts";

describe("holdsKeyword", () => {
  test.each([
    ["Get FREE money", "free"],
    ["Get fr\u200bee mo\u00adney", "free money"],
    ["ca\ufe0fsi\u2060no", "casino"],
    ["Get \u0441asino now", "casino"], // Cyrillic с
    ["\u0421\u0410\u0405INO", "casino"], // Cyrillic С, А, Ѕ
    ["\uff43\uff41\uff53\uff49\uff4e\uff4f", "casino"], // full width
    ["\u{1d41c}\u{1d41a}\u{1d42c}\u{1d422}\u{1d427}\u{1d428}", "casino"], // mathematical bold
    ["ca\u0301si\u0308no", "casino"],
    ["c4s1n0", "casino"],
    ["ca$ino!", "casino"],
    ["FR33 l0an", "free loan"],
    ["1oan offer", "loan"],
    ["v i a g r a", "viagra"],
    ["v.i.a.g.r.a", "viagra"],
    ["v 1 a g r 4", "viagra"],
    ["you-have-won\nthe  LOTTERY!!", "you have won the lottery"],
    ["\u0397\u039d", "hn"], // Greek capitals
    ["casinos online", "casino*"],
    ["马上领取免费赠品吧", "免费赠品"],
    ["купить слона", "слона"],
  ])("finds in %j the keyword %s", (text, keyword) => {
    expect(holdsKeyword(text, keyword)).toBe(true);
  });

  test.each([
    ["specialist", "cialis"],
    ["freedom", "free"],
    ["casinos online", "casino"],
    ["your mail is here", "mall"],
    ["code 1000 for order 33", "iooo"],
    ["hello", "!!!"],
    ["", "free"],
  ])("does not find in %j the keyword %s", (text, keyword) => {
    expect(holdsKeyword(text, keyword)).toBe(false);
  });

  test("finds every keyword in every text that holds it as whole words", () => {
    const text = string({ unit: "grapheme", maxLength: 60 });
    assert(
      property(
        text,
        string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
        text,
        (before, keyword, after) => {
          if (normaliseText(keyword).trim() === "" || keyword.trimEnd().endsWith("*")) return;
          expect(holdsKeyword(`${before} ${keyword} ${after}`, keyword)).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe("createKeywordMatcher", () => {
  test("agrees with a search for each keyword by itself", () => {
    const word = array(constantFrom("a", "b", "ab", " "), { minLength: 1, maxLength: 6 }).map((all) =>
      all.join(""),
    );
    assert(
      property(array(word, { maxLength: 8 }), array(word, { maxLength: 20 }), (keywords, texts) => {
        const matcher = createKeywordMatcher(
          keywords.map((keyword, index) => ({ id: `k${index}`, keyword, severity: "low" })),
        );
        const text = texts.join("");
        expect(matcher.find(readings(text)) !== null).toBe(
          keywords.some((keyword) => holdsKeyword(text, keyword)),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  test("finds a keyword inside the beginning of another", () => {
    const matcher = createKeywordMatcher([
      { id: "long", keyword: "win cash now", severity: "low" },
      { id: "short", keyword: "cash", severity: "low" },
    ]);
    expect(matcher.find(readings("win cash later"))?.id).toBe("short");
  });

  test("names the rule", () => {
    const matcher = createKeywordMatcher(DEFAULT_FIREWALL_RULES.keywords);
    expect(matcher.find(readings("Reply with your PIN"))?.id).toBe("fraud.pin");
    expect(matcher.find(readings("Your PIN was changed"))).toBeNull();
    expect(createKeywordMatcher([]).isEmpty).toBe(true);
  });

  test("the default rules are a valid rule set", () => {
    expect(firewallRules.parse(DEFAULT_FIREWALL_RULES)).toEqual(DEFAULT_FIREWALL_RULES);
  });
});
