import { expect, test } from "@jest/globals";
import { createPayLinks } from "./pay-links.ts";

const links = createPayLinks("k".repeat(32), "https://api.example.com/");
const tokenOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1);

test("a link leads to its payment", () => {
  const url = links.urlOf("inv-4711");
  expect(url).toMatch(/^https:\/\/api\.example\.com\/pay\/inv-4711\.[A-Za-z0-9_-]{22}$/);
  expect(links.paymentIdOf(tokenOf(url))).toBe("inv-4711");
});

test("a token of another payment, of another key, or of none leads nowhere", () => {
  const token = tokenOf(links.urlOf("inv-4711"));
  const other = createPayLinks("o".repeat(32), "https://api.example.com");
  for (const wrong of [
    token.replace("inv-4711", "inv-4712"),
    tokenOf(other.urlOf("inv-4711")),
    "inv-4711",
    "inv-4711.",
    `${token}AA`,
    "",
    ".",
  ])
    expect(links.paymentIdOf(wrong)).toBeNull();
});
