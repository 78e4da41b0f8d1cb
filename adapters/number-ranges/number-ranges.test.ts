import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { loadNumberRanges } from "./number-ranges.ts";

describe("loadNumberRanges", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "number-ranges-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("knows published ranges and admits what no data knows", async () => {
    const ranges = await loadNumberRanges();
    expect(ranges.operator("+233241234567", "GH")).toBe("MTN");
    expect(ranges.operator("+233201234567", "GH")).toBe("Telecel");
    expect(ranges.operator("+12125551234", "US")).toBeNull();
  });

  test("lets the operator's own table decide, by the longest prefix", async () => {
    const path = join(folder, "operators.json");
    const prefixes = { "+1212": "Verizon", "+1212555": "AT&T", "+23324": "Own" };
    await writeFile(path, JSON.stringify({ prefixes }));
    const ranges = await loadNumberRanges(path);
    expect(ranges.operator("+12125551234", "US")).toBe("AT&T");
    expect(ranges.operator("+12126661234", "US")).toBe("Verizon");
    expect(ranges.operator("+233241234567", "GH")).toBe("Own");
    expect(ranges.operator("+233201234567", "GH")).toBe("Telecel");
  });

  test("names a table that cannot be read", async () => {
    const path = join(folder, "broken.json");
    await writeFile(path, JSON.stringify({ prefixes: { "0241": "MTN" } }));
    await expect(loadNumberRanges(path)).rejects.toThrow("broken.json is not an operator table");
  });
});
