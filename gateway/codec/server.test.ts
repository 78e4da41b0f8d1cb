import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Payload, PayloadCodec } from "@temporalio/common";
import { startCodecServer } from "./server.ts";

const UI = "http://127.0.0.1:8233";

/** "Encrypts" by turning the bytes round; refuses what begins with an x. */
const backwards = async (payloads: Payload[]): Promise<Payload[]> =>
  payloads.map(({ metadata, data }) => {
    if (data?.[0] === "x".charCodeAt(0)) throw new Error('a payload is encrypted with the key "x"');
    return { metadata: metadata ?? {}, data: Buffer.from(data ?? []).toReversed() };
  });
const codec: PayloadCodec = { encode: backwards, decode: backwards };

let server: Awaited<ReturnType<typeof startCodecServer>>;
let told: unknown[];
const start = async (token: string | null = null): Promise<void> => {
  told = [];
  server = await startCodecServer(
    { host: "127.0.0.1", port: 0, uiOrigins: [UI], namespace: "default", token },
    { codec, ready: () => true, onRequest: (what, outcome) => told.push([what, outcome]) },
  );
};
beforeEach(() => start());
afterEach(() => server.close());

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const BODY = { payloads: [{ metadata: { encoding: base64("json/plain") }, data: base64("abc") }] };
const post = (path: string, headers: Record<string, string> = {}, body: unknown = BODY): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

describe("the codec server", () => {
  test.each(["/decode", "/encode"])("%s answers with the payloads in their order", async (path) => {
    const answer = await post(path, { origin: UI, "x-namespace": "default" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(UI);
    expect(await answer.json()).toEqual({ payloads: [{ ...BODY.payloads[0], data: base64("cba") }] });
    expect(told).toEqual([[path.slice(1), { payloads: 1 }]]);
  });

  test("lets the Web UI's pages ask, and no others", async () => {
    const preflight = (origin: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${server.port}/decode`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST", connection: "close" },
      });
    const allowed = await preflight(UI);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-headers")).toContain("x-namespace");
    const foreign = await preflight("http://evil.test");
    expect([foreign.status, foreign.headers.get("access-control-allow-origin")]).toEqual([403, null]);
    const read = await post("/decode", { origin: "http://evil.test" });
    expect([read.status, await read.json()]).toEqual([
      403,
      { message: "http://evil.test is not Temporal's Web UI: see TEMPORAL_UI_URL" },
    ]);
  });

  test("reads payloads of its own namespace alone", async () => {
    expect((await post("/decode", { "x-namespace": "other" })).status).toBe(403);
  });

  test("says why a payload cannot be read, also to the page", async () => {
    const answer = await post("/decode", { origin: UI }, { payloads: [{ data: base64("xyz") }] });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([400, UI]);
    expect(await answer.json()).toEqual({ message: 'a payload is encrypted with the key "x"' });
  });

  test.each([
    ["{", "the body is not valid JSON"],
    [{ payloads: "all" }, "payloads must be a list of payloads as protobuf's JSON"],
  ])("refuses what is no list of payloads: %#", async (body, message) => {
    const answer = await post("/decode", {}, body);
    expect([answer.status, await answer.json()]).toEqual([400, { message }]);
  });

  test("knows no other routes, and its health", async () => {
    expect((await post("/secrets")).status).toBe(404);
    const health = await fetch(`http://127.0.0.1:${server.port}/health`, {
      headers: { connection: "close" },
    });
    expect(health.status).toBe(200);
  });

  test("with a token, asks for it: as a bearer or as a cookie", async () => {
    await server.close();
    await start("open sesame");
    expect((await post("/decode")).status).toBe(401);
    expect((await post("/decode", { authorization: "Bearer open" })).status).toBe(401);
    expect((await post("/decode", { authorization: "Bearer open sesame" })).status).toBe(200);
    expect((await post("/decode", { cookie: "a=b; catalyst_codec=open sesame" })).status).toBe(200);
  });
});
