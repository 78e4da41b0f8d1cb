import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { rootDirectory } from "../paths.ts";
import { type Canvas, combinedWorkflows, readCanvases } from "./canvases.ts";

const SIX = [
  "Daily Invoice Generation",
  "Fraud Alert Handling",
  "Low Balance Alert",
  "Payment Processing",
  "Service Suspension",
  "Tenant Onboarding",
];

const canvases = readCanvases();
const notes = "n8n-nodes-base.stickyNote";

test("n8n-workflows.json holds the six, as node scripts/n8n/combine-workflows.ts writes them", () => {
  expect(canvases.map(({ name }) => name)).toEqual(SIX);
  expect(readFileSync(join(rootDirectory, "n8n-workflows.json"), "utf8")).toBe(combinedWorkflows());
});

describe.each(canvases.map((canvas) => [canvas.name, canvas] as const))("%s", (_, canvas) => {
  test("says in a note what it is about, and names its nodes for what they do", () => {
    expect(canvas.nodes.some(({ type }) => type === notes)).toBe(true);
    const names = canvas.nodes.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const unnamed = /^(catalyst( trigger| approval)?|send email|webhook|postgres|kafka|switch|if|set)\d*$/i;
    expect(names.filter((name) => unnamed.test(name))).toEqual([]);
  });

  test("connects nodes that are there, and leaves none aside", () => {
    const targets = Object.values(canvas.connections).flatMap(({ main }) =>
      main.flat().map(({ node }) => node),
    );
    const names = new Set(canvas.nodes.map(({ name }) => name));
    const connected = new Set([...targets, ...Object.keys(canvas.connections)]);
    expect([...connected].filter((name) => !names.has(name))).toEqual([]);
    const alone = canvas.nodes.filter(({ name, type }) => type !== notes && !connected.has(name));
    expect(alone.map(({ name }) => name)).toEqual([]);
  });

  test("has no two nodes over one another", () => {
    expect(overlapping(canvas)).toEqual([]);
  });

  test("names credentials, and holds none", () => {
    const named = canvas.nodes.flatMap(({ credentials }) => Object.values(credentials ?? {}));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ id }) => id !== null)).toEqual([]);
  });
});

/** A node is 96 pixels square, and its name hangs below. */
const NODE = { width: 96, height: 130 };

function overlapping({ nodes }: Canvas): string[] {
  const boxes = nodes.map(({ name, type, position: [x, y], parameters }) => {
    const note = type === notes ? (parameters as { width: number; height: number }) : NODE;
    return { name, left: x, top: y, right: x + note.width, bottom: y + note.height };
  });
  return boxes.flatMap((one, index) =>
    boxes
      .slice(index + 1)
      .filter(
        (other) =>
          one.left < other.right &&
          other.left < one.right &&
          one.top < other.bottom &&
          other.top < one.bottom,
      )
      .map((other) => `${one.name} / ${other.name}`),
  );
}
