import { expect, test } from "@jest/globals";
import { assert, integer, property } from "fast-check";
import { createCaseLinks } from "./case-links.ts";

const NOW = 1_780_000_000_000;
const links = createCaseLinks("k".repeat(32), "https://api.example.com");
const link = { caseId: "FC-2026-000017", workflowId: "fraud-T.1-velocity", level: "manager" } as const;
const tokenOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1);

test("a link leads to its case until it expires", () => {
  const url = links.urlOf(link, NOW + 1);
  expect(url).toMatch(/^https:\/\/api\.example\.com\/cases\/[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/);
  expect(links.read(tokenOf(url), NOW)).toEqual(link);
  expect(links.read(tokenOf(url), NOW + 1)).toBeNull();
});

test("no other token leads anywhere", () => {
  const token = tokenOf(links.urlOf(link, NOW + 1));
  const other = createCaseLinks("o".repeat(32), "https://api.example.com");
  expect(links.read(tokenOf(other.urlOf(link, NOW + 1)), NOW)).toBeNull();
  for (const wrong of ["", ".", token.split(".")[0]!, `${token}.x`])
    expect(links.read(wrong, NOW)).toBeNull();
  assert(
    property(integer({ min: 0, max: token.length - 2 }), (at) => {
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      expect(links.read(changed, NOW)).toBeNull();
    }),
  );
});
