import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { BLOCK_CODES } from "./verdict.ts";

test("docs/firewall.md lists every block code with its reason, and no other", () => {
  const guide = readFileSync(new URL("../../docs/firewall.md", import.meta.url), "utf8");
  const section = guide.split("## Block codes")[1]?.split("\n## ")[0] ?? "";
  const rows = [...section.matchAll(/^\| `(\w+)` \| (.+?) \|/gm)].map(([, code, reason]) => [code, reason]);
  expect(rows).toEqual(Object.entries(BLOCK_CODES));
});
