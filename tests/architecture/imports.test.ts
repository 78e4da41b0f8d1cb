import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** An import runs down this table, never up or sideways between neighbours. */
const FLOORS: readonly (readonly string[])[] = [
  ["workers"],
  ["gateway", "adapters"],
  ["activities", "pipeline"],
  ["workflows", "platform", "protocols"],
  ["domain"],
];

/** Packages that domain/ may use: pure ones, so that workflows can run its code. */
const PURE_PACKAGES = ["decimal.js", "zod", "lossless-json", "libphonenumber-js", "mathjs", "stdnum"];

const layers = FLOORS.flat();
const floorOf = (layer: string): number => FLOORS.findIndex((floor) => floor.includes(layer));

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesUnder(path);
    return path.endsWith(".ts") ? [relative(root, path)] : [];
  });
}

const files = layers.flatMap((layer) => filesUnder(join(root, layer)));
const isTest = (file: string): boolean => file.endsWith(".test.ts");

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
  /** Project file that it names, from the root; undefined for a package. */
  readonly target: string | undefined;
}

const IMPORT = /^\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), "utf8");
  return [...source.matchAll(IMPORT)].map((match) => {
    const specifier = match[2] ?? match[3]!;
    const target = specifier.startsWith("#")
      ? specifier.slice(1)
      : specifier.startsWith(".")
        ? relative(root, resolve(root, dirname(file), specifier))
        : undefined;
    return { file, specifier, typeOnly: match[1] !== undefined, target };
  });
}

const imports = files.filter((file) => !isTest(file)).flatMap(importsOf);
const show = ({ file, specifier }: Import): string => `${file} → ${specifier}`;

describe("the house", () => {
  test("every layer of the table is there and is read", () => {
    for (const layer of layers)
      expect([layer, files.some((file) => file.startsWith(`${layer}/`))]).toEqual([layer, true]);
    expect(imports.length).toBeGreaterThan(200);
  });

  test("imports run down, never up or sideways", () => {
    const wrong = imports.filter(({ file, target }) => {
      if (target === undefined) return false;
      const from = file.split("/")[0]!;
      const to = target.split("/")[0]!;
      return from !== to && !(floorOf(to) > floorOf(from));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("gateway uses only ingress, a channel's webhook door and the flows' api of what lies below it", () => {
    const allowed =
      /^(pipeline\/ingress\/|pipeline\/channels\/[^/]+\/webhook\.ts|workflows\/[^/]+\/api\.ts|platform\/|protocols\/|domain\/|gateway\/)/;
    const wrong = imports.filter(
      ({ file, target }) => file.startsWith("gateway/") && target !== undefined && !allowed.test(target),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test("domain is pure: no node:, no package but the listed ones", () => {
    const wrong = imports.filter(({ file, specifier, target }) => {
      if (!file.startsWith("domain/") || target !== undefined) return false;
      return !PURE_PACKAGES.some((name) => specifier === name || specifier.startsWith(`${name}/`));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("protocols use node: builtins and domain only", () => {
    const wrong = imports.filter(
      ({ file, specifier, target }) =>
        file.startsWith("protocols/") && target === undefined && !specifier.startsWith("node:"),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test("a workflow.ts, and what stands beside it, sees domain, flows' names and types, their shared steps, the task queues and @temporalio/workflow alone", () => {
    const allowed = /^(domain\/|workflows\/([^/]+\/names|steps|task-queues)\.ts$)/;
    const wrong = imports.filter(({ file, specifier, target, typeOnly }) => {
      const [, flow] = /^workflows\/([^/]+)\/(?!api\.ts$)[^/]+\.ts$/.exec(file) ?? [];
      if (typeOnly && target !== undefined && /^workflows\/[^/]+\/api\.ts$/.test(target)) return false;
      if (flow === undefined || isTest(file)) return false;
      if (target === undefined) return !specifier.startsWith("@temporalio/workflow") && specifier !== "zod";
      return !allowed.test(target) && !target.startsWith(`workflows/${flow}/`);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("a run evaluates no schema until it checks something: its code reaches zod through its own api.ts alone, which is evaluated late", () => {
    const runtime = new Map<string, readonly Import[]>();
    for (const file of files)
      runtime.set(
        file,
        importsOf(file).filter(({ typeOnly }) => !typeOnly),
      );
    const reached: string[] = [];
    const seen = new Set<string>();
    const walk = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const one of runtime.get(file) ?? []) {
        if (one.specifier === "zod") reached.push(show(one));
        else if (one.target !== undefined && one.specifier !== "./api.ts") walk(one.target);
      }
    };
    walk("workflows/flows.ts");
    expect(seen.size).toBeGreaterThan(30);
    expect(reached).toEqual([]);
  });

  test("only platform/config reads process.env", () => {
    const readers = files.filter(
      (file) => !isTest(file) && /process\.env\b/.test(readFileSync(join(root, file), "utf8")),
    );
    expect(readers).toEqual(["platform/config/environment.ts"]);
  });

  test("no circle of imports", () => {
    const graph = new Map<string, string[]>();
    for (const { file, target, typeOnly } of imports) {
      if (target !== undefined && !typeOnly) graph.set(file, [...(graph.get(file) ?? []), target]);
    }
    expect(circleIn(graph)).toEqual([]);
  });
});

/** The first circle of a graph as a path, or [] when it has none. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return [];
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle.length > 0) return circle;
    }
    done.add(node);
    return [];
  };
  for (const node of graph.keys()) {
    const circle = visit(node, []);
    if (circle.length > 0) return circle;
  }
  return [];
}
