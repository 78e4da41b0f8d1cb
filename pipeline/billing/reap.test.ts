import { expect, test } from "@jest/globals";
import { uuidv7Time } from "./reap.ts";

test("a UUIDv7 tells when it was made", () => {
  // RFC 9562, appendix A.6.
  expect(uuidv7Time("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")).toBe(Date.parse("2022-02-22T19:22:22Z"));
  expect(uuidv7Time("017f22e2-79b0-4cc3-98c4-dc0c0c07398f")).toBeNull();
  expect(uuidv7Time("message-1")).toBeNull();
});
