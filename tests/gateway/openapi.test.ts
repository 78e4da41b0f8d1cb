import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { PERMISSIONS, TENANT_FIELD_PERMISSIONS } from "#domain/access/permissions.ts";
import { PROBLEMS } from "#gateway/rest/problems.ts";
import { call, type Opened, openGateway } from "./requests.ts";

interface Schema {
  readonly examples?: readonly unknown[];
  readonly example?: unknown;
  readonly $ref?: string;
}

interface MediaType extends Schema {
  readonly schema?: Schema;
}

interface Described {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Record<string, unknown>[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Record<string, MediaType> };
  readonly responses: Record<
    string,
    { readonly description?: string; readonly content?: Record<string, MediaType> }
  >;
}

let opened: Opened;
let document: {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, unknown> };
};
beforeAll(async () => {
  opened = await openGateway();
  document = (await call(opened.gateway, "GET", "/openapi.json", { token: null })).json();
});
afterAll(() => opened.gateway.close());

function operations(): { readonly name: string; readonly path: string; readonly described: Described }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ name: `${method} ${path}`, path, described })),
  );
}

function hasExample(media: MediaType): boolean {
  const { schema = {} } = media;
  const name = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? "")?.[1];
  if (name !== undefined) return hasExample({ schema: document.components.schemas[name] ?? {} });
  return [media, schema].some(({ example, examples }) => example !== undefined || examples !== undefined);
}

describe("the OpenAPI document", () => {
  test("is 3.1 and resolves all its references", () => {
    expect(document.openapi).toBe("3.1.0");
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(0);
    for (const [, name = ""] of references) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  test("each operation is complete", () => {
    for (const { name, path, described } of operations()) {
      expect({
        name,
        complete: Boolean(described.operationId && described.summary && described.tags?.[0]),
      }).toEqual({
        name,
        complete: true,
      });
      for (const parameter of path.matchAll(/\{(\w+)\}/g)) {
        expect(described.parameters).toContainEqual(
          expect.objectContaining({ name: parameter[1], in: "path" }),
        );
      }
      const bodies = Object.values(described.requestBody?.content ?? {});
      const successes = Object.entries(described.responses).filter(([status]) => status.startsWith("2"));
      expect({ name, successes: successes.length > 0 }).toEqual({ name, successes: true });
      for (const media of [
        ...bodies,
        ...successes.flatMap(([, { content }]) => Object.values(content ?? {})),
      ]) {
        if (described.responses["204"] !== undefined) continue;
        expect({ name, example: hasExample(media) }).toEqual({ name, example: true });
      }
    }
  });

  test("each operation of the API says who may and how it fails", () => {
    for (const { name, path, described } of operations()) {
      if (!path.startsWith("/api/")) continue;
      expect({ name, security: (described.security ?? []).length > 0 }).toEqual({ name, security: true });
      for (const scheme of described.security ?? []) {
        expect(document.components.securitySchemes).toHaveProperty(Object.keys(scheme)[0] ?? "");
      }
      for (const status of ["401", "403", "429", "500", "503"]) {
        expect({ name, content: Object.keys(described.responses[status]?.content ?? {}) }).toEqual({
          name,
          content: ["application/problem+json"],
        });
      }
    }
  });

  test("ids of operations are unique", () => {
    const ids = operations().map(({ described }) => described.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("the browsable reference", () => {
  test("loads its script and the document from here alone", async () => {
    const page = await call(opened.gateway, "GET", "/docs/", { token: null });
    expect(page.statusCode).toBe(200);
    for (const [, address = ""] of page.body.matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+)"/g)) {
      expect(address).not.toMatch(/^(https?:)?\/\//);
    }
    const script = await call(opened.gateway, "GET", "/docs/js/scalar.js", { token: null });
    expect(script.statusCode).toBe(200);
    expect(script.body.length).toBeGreaterThan(100_000);
  });
});

describe("docs/rest.md", () => {
  const table = async (heading: string): Promise<string[][]> => {
    const text = await readFile(new URL("../../docs/rest.md", import.meta.url), "utf8");
    const section = text.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
    return section
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim().replaceAll("`", "")),
      );
  };
  const marked = (rows: string[][], parties: readonly string[]) =>
    Object.fromEntries(
      rows.map(([name = "", ...cells]) => [name, parties.filter((_party, at) => cells[at] === "yes")]),
    );
  const PARTIES = ["owner", "finance", "support", "read-only", "tenant"];

  test("names every error as it is", async () => {
    const rows = await table("Errors");
    expect(Object.fromEntries(rows.map(([code = "", ...rest]) => [code, rest.slice(0, 3)]))).toEqual(
      Object.fromEntries(
        Object.entries(PROBLEMS).map(([code, { status, title, retryable }]) => [
          code,
          [String(status), title, retryable ? "yes" : "no"],
        ]),
      ),
    );
  });

  test("says who may do what", async () => {
    expect(marked(await table("Who may do what"), PARTIES)).toEqual(PERMISSIONS);
  });

  test("says who may change which field of a tenant", async () => {
    expect(marked(await table("Who may change which field of a tenant"), PARTIES)).toEqual(
      TENANT_FIELD_PERMISSIONS,
    );
  });
});
