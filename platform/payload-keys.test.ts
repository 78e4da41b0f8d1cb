import { expect, test } from "@jest/globals";
import { derivePayloadKey, parsePayloadKeys } from "./payload-keys.ts";

const A = Buffer.alloc(32, 1).toString("base64");
const B = Buffer.alloc(32, 2).toString("base64url");

test("keys are read in their order, in either base64", () => {
  expect(parsePayloadKeys("")).toEqual([]);
  expect(parsePayloadKeys(`2026-11:${A}, 2026-05:${B}`)).toEqual([
    { id: "2026-11", key: Buffer.alloc(32, 1) },
    { id: "2026-05", key: Buffer.alloc(32, 2) },
  ]);
});

test.each([A, `:${A}`, "a:short", `a:${A}AAAA`, `a:${A},a:${B}`, `a b:${A}`])(
  "%s is no list of keys",
  (text) => {
    expect(parsePayloadKeys(text)).toBeNull();
  },
);

test("each secret key has a payload key of its own, always the same", () => {
  const one = derivePayloadKey("secret ".repeat(6));
  expect(one.key).toHaveLength(32);
  expect(one.id).toMatch(/^derived-[0-9a-f]{8}$/);
  expect(derivePayloadKey("secret ".repeat(6))).toEqual(one);
  const other = derivePayloadKey("Secret ".repeat(6));
  expect(other.id).not.toBe(one.id);
  expect(other.key).not.toEqual(one.key);
});
