import { expect, test } from "@jest/globals";
import { hashSmppPassword, verifySmppPassword } from "./smpp-password.ts";

test("a password matches its own hash alone, which does not show it", async () => {
  const stored = await hashSmppPassword("s3cret_8");
  await expect(verifySmppPassword("s3cret_8", stored)).resolves.toBe(true);
  await expect(verifySmppPassword("s3cret_9", stored)).resolves.toBe(false);
  expect(stored).not.toContain("s3cret_8");
});

test("the salt makes two hashes of one password differ", async () => {
  expect(await hashSmppPassword("same")).not.toBe(await hashSmppPassword("same"));
});

test.each(["plain", "", "scrypt$16384$8$AAAA$", "scrypt$x$8$AAAA$AAAA"])(
  "%j is no hash and matches nothing",
  async (stored) => {
    await expect(verifySmppPassword("", stored)).resolves.toBe(false);
  },
);
