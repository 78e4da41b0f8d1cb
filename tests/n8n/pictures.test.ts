import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Canvas, readCanvases } from "../../scripts/n8n/canvases.ts";
import { rootDirectory } from "../../scripts/paths.ts";
import { findChromium } from "../../scripts/servers/chromium.ts";
import { eventually } from "../pipeline/world.ts";
import { faultyCanvas as makeFaultyCanvas } from "./canvases-of-tests.ts";
import { openBrowser, type Page } from "./browser.ts";
import { attachN8n, type N8nWorld } from "./world.ts";

/** Set to 1: the pictures of docs/n8n are taken anew. */
const takePictures = process.env["CATALYST_PICTURES"] === "1";

const canvases = readCanvases();
const faultyCanvas = makeFaultyCanvas("testFaulty");
const onMachinesWithChromium = findChromium() === undefined ? describe.skip : describe;

let world: N8nWorld;
let page: Page;

onMachinesWithChromium("in n8n's editor", () => {
  beforeAll(async () => {
    world = await attachN8n();
    page = await openBrowser();
    await page.setCookie(world.environment.urls.n8n, world.n8n.cookie);
  }, 90_000);
  afterAll(async () => {
    await page.close();
    await world.close();
  });

  test("the eye sees what is wrong: an unknown node, a missing parameter", async () => {
    await world.n8n.post("/workflows", faultyCanvas);
    expect(await openCanvas(faultyCanvas)).toEqual(["Nobody's", "Nothing chosen"]);
  }, 90_000);

  test.each(canvases.map((canvas) => [canvas.name, canvas] as const))(
    "%s opens: every node known, no parameter missing",
    async (name, canvas) => {
      expect(await openCanvas(canvas)).toEqual([]);
      if (takePictures) {
        const file = `${name.toLowerCase().replaceAll(" ", "-")}.png`;
        await page.picture(join(rootDirectory, "docs", "n8n", file));
      }
    },
    90_000,
  );

  test("a person presses Execute workflow: the tenant is open, and the link in the output leads to its run", async () => {
    const canvas = canvases.find(({ name }) => name === "Tenant Onboarding");
    await openCanvas(canvas as Canvas);
    await page.evaluate(`document.querySelector('[data-test-id="execute-workflow-button"]').click()`);
    const succeeded = `node.querySelector('[data-test-id="canvas-node-status-success"]') !== null`;
    await eventually(
      () => page.evaluate<readonly string[]>(namesWhere(succeeded)),
      (names) => names.includes("The link"),
    );
    await page.evaluate(
      `document.querySelector('[data-node-name="The link"] [data-test-id="canvas-node-status-success"]').dispatchEvent(new MouseEvent("dblclick", { bubbles: true }))`,
    );
    const output = await eventually(
      () => page.evaluate<string>(`document.querySelector('[data-test-id="output-panel"]')?.innerText ?? ""`),
      (text) => text.includes("/workflows/onboarding-"),
    );
    const link = /http:\S+\/workflows\/onboarding-[\w-]+/.exec(output)?.[0] ?? "";
    const workflowId = link.split("/").at(-1) ?? "";
    const tenantId = workflowId.replace("onboarding-", "");
    expect(await world.admin.get(`/api/v2/tenants/${tenantId}`)).toMatchObject({ status: "active" });
    await page.open(link);
    await eventually(
      () => page.evaluate<string>("document.body.innerText"),
      (text) => text.includes(workflowId) && text.includes("Completed"),
    );
  }, 150_000);
});

/** Opens a canvas in the editor. @returns the names of the nodes that n8n shows with a warning. */
async function openCanvas({ id, name, nodes }: Canvas): Promise<readonly string[]> {
  await page.open(`${world.environment.urls.n8n}/workflow/${id}`);
  const steps = nodes.filter(({ type }) => !type.endsWith(".stickyNote")).map((node) => node.name);
  const shown = await eventually(
    () => page.evaluate<readonly string[]>(namesWhere("true")),
    (found) => found.length >= steps.length,
    60_000,
  );
  expect([...shown].sort()).toEqual([...steps].sort());
  expect(await page.evaluate<string>("document.title")).toContain(name);
  const marks = `[data-test-id="node-issues"], [data-test-id="node-not-installed"]`;
  return page.evaluate(namesWhere(`node.querySelector('${marks}') !== null`));
}

/** JavaScript for the page: names of the nodes on the canvas of which the condition on `node` holds. */
function namesWhere(condition: string): string {
  const nodes = `[...document.querySelectorAll('[data-test-id="canvas-node"][data-node-type]')]`;
  return `${nodes}.filter((node) => ${condition}).map((node) => node.getAttribute("data-node-name"))`;
}
