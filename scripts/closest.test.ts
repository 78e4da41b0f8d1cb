import { describe, expect, test } from "@jest/globals";
import { closest } from "./closest.ts";

describe("closest", () => {
  const commands = ["up", "down", "status", "logs", "doctor", "test", "help"];

  test.each([
    ["stauts", "status"],
    ["donw", "down"],
    ["doc", "doctor"],
    ["tests", "test"],
  ])("takes %s for %s", (word, meant) => {
    expect(closest(word, commands)).toBe(meant);
  });

  test("does not guess at a word that is like none", () => {
    expect(closest("frobnicate", commands)).toBeUndefined();
  });
});
