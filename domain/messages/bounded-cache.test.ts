import { expect, test } from "@jest/globals";
import { createBoundedCache } from "./bounded-cache.ts";

test("computes once while a key is remembered, and forgets what was not asked for", () => {
  const computed: string[] = [];
  const cache = createBoundedCache<string>(2);
  const ask = (key: string): string =>
    cache(key, () => {
      computed.push(key);
      return key.toUpperCase();
    });
  expect(["a", "a", "b", "a", "c", "a"].map(ask)).toEqual(["A", "A", "B", "A", "C", "A"]);
  expect(computed).toEqual(["a", "b", "c"]);
  for (const key of ["d", "e", "f", "g", "h"]) ask(key);
  ask("a");
  expect(computed.filter((key) => key === "a")).toHaveLength(2);
});
