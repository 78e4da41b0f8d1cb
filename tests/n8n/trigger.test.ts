import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import type { Canvas } from "../../scripts/n8n/canvases.ts";
import { inN8nDatabase } from "../../scripts/n8n/database.ts";
import { eventually } from "../pipeline/world.ts";
import { triggerCanvas } from "./canvases-of-tests.ts";
import { attachN8n, type N8nWorld } from "./world.ts";

let world: N8nWorld;
let tenantId: string;
let canvas: Canvas;
beforeAll(async () => {
  world = await attachN8n();
  ({ tenantId } = await world.tenant("TOLD"));
  canvas = triggerCanvas("testTrigger", ["tenant.suspended", "tenant.reinstated"], tenantId);
}, 60_000);
afterAll(() => world.close());

interface Endpoint {
  readonly url: string;
  readonly events: readonly string[];
}

/** Webhooks that the gateway knows for our trigger: n8n's address of one holds the node's webhook id. */
async function registered(): Promise<readonly Endpoint[]> {
  const { data } = await world.admin.get<{ data: readonly Endpoint[] }>("/api/v2/webhook-endpoints");
  const { webhookId } = canvas.nodes[0] as unknown as { webhookId: string };
  return data.filter(({ url }) => url.includes(webhookId));
}

const count = async (): Promise<number> => (await world.executions(canvas.id)).length;

/** The secret that the gateway gave at the registration, where n8n keeps it. */
function secretOfTrigger(): Promise<string> {
  return inN8nDatabase(world.environment, async (client) => {
    const query = 'SELECT "staticData"::text AS data FROM workflow_entity WHERE id = $1';
    const { rows } = await client.query<{ data: string }>(query, [canvas.id]);
    const secret = /whsec_[A-Za-z0-9+/=]+/.exec(rows[0]?.data ?? "")?.[0];
    if (secret === undefined) throw new Error("n8n keeps no secret of the trigger");
    return secret;
  });
}

async function deliver(secret: string, id: string, body: object): Promise<number> {
  const [endpoint] = await registered();
  const [payload, now] = [JSON.stringify(body), new Date()];
  const response = await fetch(endpoint?.url ?? "", {
    method: "POST",
    body: payload,
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign(id, now, payload),
    },
  });
  return response.status;
}

test("publishing registers a webhook at the gateway, and an event starts one execution", async () => {
  await world.bring(canvas);
  expect(await eventually(registered, (found) => found.length > 0)).toMatchObject([
    { events: ["tenant.suspended", "tenant.reinstated"] },
  ]);
  const input = { tenantId, cause: "person", walletId: null, graceSeconds: 0, reason: "a test" };
  await world.admin.post("/api/v2/workflows/suspension", { input });
  expect(await eventually(count, (found) => found > 0)).toBe(1);
});

test("an event that comes twice starts one execution; a forged one none", async () => {
  const before = await count();
  const event = {
    type: "tenant.suspended",
    timestamp: new Date().toISOString(),
    data: { tenant_id: tenantId },
  };
  const [secret, id] = [await secretOfTrigger(), `test-${randomUUID()}`];
  expect(await deliver(secret, id, event)).toBe(200);
  expect(await deliver(secret, id, event)).toBe(200);
  const forger = `whsec_${Buffer.from("k".repeat(32)).toString("base64")}`;
  expect(await deliver(forger, `test-${randomUUID()}`, event)).toBe(401);
  // The next authentic one comes after whatever the others would have started.
  expect(await deliver(secret, `test-${randomUUID()}`, event)).toBe(200);
  expect(await eventually(count, (found) => found >= before + 2)).toBe(before + 2);
});

test("n8n says of a trigger that the gateway does not register why it failed", async () => {
  const nobodys = triggerCanvas("testTriggerOfNobody", ["tenant.suspended"], "NOBODY");
  await world.bring(nobodys);
  const publication = await eventually(
    () => world.n8n.get<{ status: string }>(`/workflows/${nobodys.id}/publication-status`),
    ({ status }) => status === "failed" || status === "published",
  );
  expect(publication).toMatchObject({
    status: "failed",
    triggers: [{ status: "failed", errorMessage: "There is no tenant NOBODY." }],
  });
});

test("unpublishing removes the webhook", async () => {
  await world.n8n.post(`/workflows/${canvas.id}/deactivate`, {});
  expect(await eventually(registered, (found) => found.length === 0)).toEqual([]);
});
