import { beforeAll, expect, test } from "@jest/globals";
import { buildBridge, builtBridge, runBridgeScript } from "../../scripts/n8n/package.ts";
import { runCommand } from "../../scripts/servers/run-command.ts";

/** The first build on a machine installs n8n's tools. */
const BUILD_MS = 600_000;
const SCRIPT_MS = 120_000;

let folder: string;

beforeAll(async () => {
  folder = await builtBridge(() => {});
}, BUILD_MS);

test.each(["lint", "scan", "test"])(
  "npm run %s of the n8n package succeeds",
  async (script) => {
    const { code, output } = await runBridgeScript(folder, script);
    expect(code === 0 ? "" : output).toBe("");
  },
  SCRIPT_MS,
);

test("the archive holds the built nodes, their icons and what npm always adds, and nothing else", async () => {
  const archive = await buildBridge(() => {});
  const { output } = await runCommand("tar", ["-tzf", archive]);
  const files = output
    .trim()
    .split("\n")
    .map((path) => path.replace("package/", ""));
  const others = files.filter((path) => !/^dist\/(nodes|credentials)\/.+\.js$/.test(path));
  expect(others.sort()).toEqual([
    "LICENSE",
    "README.md",
    "dist/icons/catalyst.dark.svg",
    "dist/icons/catalyst.svg",
    "dist/nodes/Catalyst/Catalyst.node.json",
    "dist/nodes/CatalystApproval/CatalystApproval.node.json",
    "dist/nodes/CatalystTrigger/CatalystTrigger.node.json",
    "dist/package.json",
    "package.json",
  ]);
});
