import { describe, expect, test } from "@jest/globals";
import { createPseudonyms } from "./pseudonyms.ts";

const KEY = "k".repeat(32);

describe("createPseudonyms", () => {
  const pseudonyms = createPseudonyms(KEY);

  test("is stable, short and says nothing of the numbers", () => {
    const conversation = pseudonyms.conversation("TENANT-001", "ACME", "+12125551234");
    expect(conversation).toMatch(/^[\w-]{22}$/);
    expect(createPseudonyms(KEY).conversation("TENANT-001", "ACME", "+12125551234")).toBe(conversation);
  });

  test("differs by tenant, sender, destination, scope and key", () => {
    const all = [
      pseudonyms.conversation("T", "A", "B"),
      pseudonyms.conversation("T", "B", "A"),
      pseudonyms.conversation("U", "A", "B"),
      pseudonyms.conversation("TA", "", "B"),
      pseudonyms.of("velocity.destination", "T", "A"),
      pseudonyms.of("velocity.sender", "T", "A"),
      createPseudonyms("x".repeat(32)).conversation("T", "A", "B"),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});
