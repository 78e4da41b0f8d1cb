import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { loadSecrets } from "./secrets.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "secrets-"));
  file = join(folder, "secrets.json");
});

afterEach(() => rmSync(folder, { recursive: true }));

test("are made once, for this user's eyes", () => {
  const made = loadSecrets(file, {});
  expect(loadSecrets(file, {})).toEqual(made);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a folder of an earlier release keeps what it has and gets the rest", () => {
  const { n8nPassword: _, ...before } = loadSecrets(file, {});
  writeFileSync(file, JSON.stringify(before));
  const now = loadSecrets(file, {});
  expect(now).toMatchObject(before);
  expect(now.n8nPassword).toMatch(/^N8n-.{16}$/);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(now);
});
