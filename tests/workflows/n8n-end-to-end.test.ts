import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { attachWorld, eventually, type World } from "../pipeline/world.ts";

interface Call {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly text: string;
  readonly body: { readonly type?: string; readonly data?: Record<string, unknown> } & Record<
    string,
    unknown
  >;
}

let world: World;
let server: Server;
const calls: Call[] = [];

/** Takes what an n8n would. */
beforeAll(async () => {
  world = await attachWorld();
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const headers = request.headers as Record<string, string>;
      calls.push({ path: request.url ?? "", headers, text, body: JSON.parse(text) as Call["body"] });
      response.writeHead(200).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}, 60_000);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

const at = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
const callsTo = (path: string): Promise<Call[]> =>
  Promise.resolve(calls.filter((call) => call.path === path));

test("a step that is begun in n8n and answered there, its result POSTed to who started it, and its end told to who subscribed", async () => {
  const { tenantId, rest } = await world.tenant("N8N");
  const own = { events: ["message.delivered", "workflow.completed"] };
  const { secret } = await rest.post<{ secret: string }>("/api/v2/webhook-endpoints", {
    url: at("/own"),
    ...own,
  });
  await world.admin.post("/api/v2/webhook-endpoints", {
    url: at("/every"),
    events: ["tenant.suspended"],
    tenant_id: null,
  });

  const input = {
    tenantId,
    stepId: "credit",
    webhookUrl: at("/webhook"),
    payload: { amount: "5" },
    timeoutSeconds: 600,
  };
  const started = await world.admin.post<{ workflow_id: string; run_id: string; url: string }>(
    "/api/v2/workflows/n8nStep",
    { input, callback: { url: at("/waiting") } },
  );
  const [begun] = await eventually(
    () => callsTo("/webhook"),
    (found) => found.length > 0,
  );
  expect(begun!.body).toMatchObject({ step_id: "credit", payload: { amount: "5" } });
  const answered = await fetch(String(begun!.body["callback_url"]), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ approved: true }),
  });
  expect(answered.status).toBe(202);
  const [told] = await eventually(
    () => callsTo("/waiting"),
    (found) => found.length > 0,
  );
  expect(told!.body).toEqual({
    workflow_id: started.workflow_id,
    run_id: started.run_id,
    workflow: "n8nStep",
    status: "completed",
    result: { answer: { approved: true } },
    failure: null,
    link: started.url,
  });

  await world.admin.post("/api/v2/workflows/suspension", {
    input: { tenantId, cause: "person", walletId: null, graceSeconds: 0, reason: "a test" },
  });
  const suspended = await eventually(
    async () => (await callsTo("/every")).filter(({ body }) => body.data?.["tenant_id"] === tenantId),
    (found) => found.length > 0,
  );
  expect(suspended[0]!.body.data).toMatchObject({ workflow_id: `suspension-${tenantId}` });
  const ends = await eventually(
    async () => (await callsTo("/own")).filter(({ body }) => body.type === "workflow.completed"),
    (found) => found.some(({ body }) => body.data?.["workflow"] === "n8nStep"),
  );
  const end = ends.find(({ body }) => body.data?.["workflow"] === "n8nStep")!;
  expect(new Webhook(secret).verify(end.text, end.headers)).toMatchObject({
    data: { tenant_id: tenantId, run_id: started.run_id, status: "completed", link: started.url },
  });
}, 120_000);

test("a message that arrives is told to the tenant that asked, signed with the endpoint's own secret", async () => {
  const { rest, tenantId } = await world.tenant("N8N");
  const path = `/messages-${tenantId}`;
  const made = await rest.post<{ secret: string; endpoint_id: string }>("/api/v2/webhook-endpoints", {
    url: at(path),
    events: ["message.delivered"],
  });
  // Known to the notifications within two seconds: sent until it is.
  const delivered = await eventually(
    async () => {
      await rest.post("/api/v2/messages", { from: "ACME", to: "+447700900123", text: "hello" });
      return callsTo(path);
    },
    (found) => found.length > 0,
  );
  const [first] = delivered;
  expect(new Webhook(made.secret).verify(first!.text, first!.headers)).toMatchObject({
    type: "message.delivered",
    data: { tenant_id: tenantId, channel: "sms", state: "delivered" },
  });
  expect(first!.text).not.toContain("7700900123");
}, 120_000);
