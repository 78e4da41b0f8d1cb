import { expect, test } from "@jest/globals";
import { createStory } from "./story.ts";

test("the story shows each step with its state, the last one as it goes", () => {
  const told: [string, string][] = [];
  const story = createStory<string>("TENANT-001: Acme", (status, details) => told.push([status, details]));
  story.begin("validating", "checked");
  story.end("done");
  story.begin("creating", "created");
  expect(told.at(-1)).toEqual(["creating", "### TENANT-001: Acme\n\n- ✅ checked\n- ⏳ created"]);
  story.end("failed", "not created");
  story.finish("failed", "the id is taken");
  expect(told.at(-1)).toEqual([
    "failed",
    "### TENANT-001: Acme\n\n- ✅ checked\n- ❌ not created\n\n**the id is taken**",
  ]);
});

test("a tenant's name cannot write Markdown into the page", () => {
  let last = "";
  createStory<string>("T: # [free](http://evil)\n# x", (_, details) => {
    last = details;
  }).begin("validating", "checked");
  expect(last.split("\n")[0]).toBe("### T: \\# \\[free\\](http://evil) \\# x");
});
