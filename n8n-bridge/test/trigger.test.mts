import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { after, afterEach, before, test } from "node:test";
import { type FakeGateway, openGateway, problem } from "./gateway.mts";
import { built, CatalystTrigger, located, nodeContext } from "./n8n.mts";

let gateway: FakeGateway;
before(async () => {
  gateway = await openGateway();
});
after(() => gateway.close());
afterEach(() => {
  gateway.answers.clear();
  gateway.received.splice(0);
});

const node = new CatalystTrigger();
const { checkExists, create, delete: remove } = node.webhookMethods.default;
const { REMEMBERED_MAX } = built("CatalystTrigger/registration");

const SECRET = `whsec_${Buffer.from("a secret of twenty-four bytes").toString("base64")}`;
const URL_ = "http://127.0.0.1:5678/webhook/abc/webhook";
const parameters = { events: ["message.delivered", "balance.low"], tenantId: located("T1") };
const ENDPOINT = {
  endpoint_id: "e1",
  url: URL_,
  events: ["balance.low", "message.delivered"],
  tenant_id: "T1",
};

const hook = (staticData: Record<string, unknown>, chosen: object = parameters) =>
  nodeContext({ baseUrl: gateway.url, parameters: { ...chosen }, staticData });

test("publishing registers the webhook's address, events and tenant, and keeps the secret", async () => {
  gateway.answers.set("POST /api/v2/webhook-endpoints", {
    status: 201,
    body: { ...ENDPOINT, secret: SECRET },
  });
  const kept = {};
  assert.equal(await create.call(hook(kept)), true);
  assert.deepEqual(JSON.parse(gateway.received[0]?.body ?? ""), {
    url: URL_,
    events: ["message.delivered", "balance.low"],
    tenant_id: "T1",
    description: "n8n: Onboarding",
  });
  assert.deepEqual(kept, { endpointId: "e1", secret: SECRET });
});

test("without a tenant it is registered for all", async () => {
  gateway.answers.set("POST /api/v2/webhook-endpoints", {
    status: 201,
    body: { ...ENDPOINT, secret: SECRET },
  });
  await create.call(hook({}, { ...parameters, tenantId: located("") }));
  assert.equal(JSON.parse(gateway.received[0]?.body ?? "").tenant_id, null);
});

test("what the gateway refuses stops the publishing with its reason", async () => {
  gateway.answers.set(
    "POST /api/v2/webhook-endpoints",
    problem(409, "conflict", "T1 has 20 endpoints already"),
  );
  await assert.rejects(create.call(hook({})), /T1 has 20 endpoints already/);
});

test("one that is registered as it should be is left alone", async () => {
  gateway.answers.set("GET /api/v2/webhook-endpoints/e1", { body: ENDPOINT });
  assert.equal(await checkExists.call(hook({ endpointId: "e1", secret: SECRET })), true);
  assert.equal(await checkExists.call(hook({})), false);
});

test("one that was registered otherwise is removed, and registered anew", async () => {
  for (const otherwise of [{ url: "http://elsewhere/" }, { events: ["balance.low"] }, { tenant_id: "T2" }]) {
    gateway.answers.set("GET /api/v2/webhook-endpoints/e1", { body: { ...ENDPOINT, ...otherwise } });
    gateway.answers.set("DELETE /api/v2/webhook-endpoints/e1", { status: 204 });
    const kept = { endpointId: "e1", secret: SECRET };
    assert.equal(await checkExists.call(hook(kept)), false);
    assert.equal(gateway.received.at(-1)?.method, "DELETE");
    assert.deepEqual(kept, {});
  }
});

test("one that is gone is registered anew; a gateway that is away is no such one", async () => {
  assert.equal(await checkExists.call(hook({ endpointId: "e1", secret: SECRET })), false);
  gateway.answers.set("GET /api/v2/webhook-endpoints/e1", problem(503, "unavailable", "not now"));
  await assert.rejects(checkExists.call(hook({ endpointId: "e1", secret: SECRET })), /not now/);
});

test("unpublishing removes it; one that is gone already is fine, one that stays is told", async () => {
  gateway.answers.set("DELETE /api/v2/webhook-endpoints/e1", { status: 204 });
  const kept: Record<string, unknown> = { endpointId: "e1", secret: SECRET, delivered: ["x"] };
  assert.equal(await remove.call(hook(kept)), true);
  assert.deepEqual(kept, { delivered: ["x"] });
  gateway.answers.clear();
  assert.equal(await remove.call(hook({ endpointId: "e1", secret: SECRET })), true);
  gateway.answers.set("DELETE /api/v2/webhook-endpoints/e1", problem(503, "unavailable", "not now"));
  const left = { endpointId: "e1", secret: SECRET };
  await assert.rejects(remove.call(hook(left)), /not now/);
  assert.equal(left.endpointId, "e1");
});

const EVENT = {
  type: "message.delivered",
  timestamp: "2026-11-28T06:00:00.000Z",
  data: { tenant_id: "T1", message_id: "m1", state: "delivered" },
};

interface Delivery {
  readonly id?: string;
  readonly event?: unknown;
  readonly secret?: string;
  readonly at?: number;
  readonly tampered?: boolean;
  readonly before?: string;
}

/** A delivery by Standard Webhooks. */
function delivery({
  id = "d1",
  event = EVENT,
  secret = SECRET,
  at = Date.now(),
  tampered = false,
  before = "",
}: Delivery) {
  const text = JSON.stringify(event, null, 1);
  const timestamp = String(Math.floor(at / 1000));
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${text}`).digest("base64");
  return {
    method: "POST",
    headers: {
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `${before}v1,${signature}`,
    },
    body: event,
    rawBody: Buffer.from(tampered ? text.replace("T1", "T2") : text),
  };
}

/** As an endpoint of its own: what was delivered to another says nothing of it. */
const registered = (): Record<string, unknown> => ({ endpointId: randomUUID(), secret: SECRET });

async function deliver(
  given: Delivery,
  staticData: Record<string, unknown> = registered(),
  chosen: object = parameters,
) {
  const context = nodeContext({
    baseUrl: gateway.url,
    parameters: { ...chosen },
    staticData,
    request: delivery(given),
  });
  const answer = await node.webhook.call(context);
  return { answer, status: context.response.statusCode };
}

test("a signed event starts the workflow with its data", async () => {
  const { answer } = await deliver({});
  assert.deepEqual(answer.workflowData, [
    [{ json: { ...EVENT.data, event_id: "d1", type: EVENT.type, timestamp: EVENT.timestamp, link: null } }],
  ]);
});

test("a signature among several of a rotation counts", async () => {
  const { answer } = await deliver({ before: "v1,AAAA v1a,BBBB " });
  assert.equal(answer.workflowData?.length, 1);
});

test("forged, tampered, old and future deliveries are refused with 401 and start nothing", async () => {
  const minutes = 60_000;
  const forged: Delivery[] = [
    { secret: `whsec_${Buffer.from("another secret").toString("base64")}` },
    { tampered: true },
    { at: Date.now() - 6 * minutes },
    { at: Date.now() + 6 * minutes },
    { id: "" },
  ];
  for (const one of forged) {
    const kept = { endpointId: "e1", secret: SECRET };
    const { answer, status } = await deliver(one, kept);
    assert.deepEqual([answer, status], [{ noWebhookResponse: true }, 401]);
    assert.deepEqual(Object.keys(kept), ["endpointId", "secret"]);
  }
  assert.equal((await deliver({ at: Date.now() - 4 * minutes })).status, 200);
  assert.equal((await deliver({}, {})).status, 401, "nothing is registered: nobody may deliver");
});

test("an event that comes twice runs once, also after n8n was started again", async () => {
  const kept = registered();
  assert.equal((await deliver({}, kept)).answer.workflowData?.length, 1);
  const again = JSON.parse(JSON.stringify(kept)) as Record<string, unknown>;
  // Another copy of the module, as a new process has it, knows by static data alone; this one also where n8n threw that away.
  const { endpointId, secret } = kept;
  assert.deepEqual((await deliver({}, { endpointId, secret })).answer, {});
  again.endpointId = randomUUID();
  const { answer, status } = await deliver({}, again);
  assert.deepEqual([answer, status], [{}, 200], "2xx: it is not sent a third time");
  assert.equal((await deliver({ id: "d2" }, again)).answer.workflowData?.length, 1);
});

test("what is remembered is bounded, and the latest is what stays", async () => {
  const kept: Record<string, unknown> = registered();
  for (let id = 0; id <= REMEMBERED_MAX; id++) await deliver({ id: `d${id}` }, kept);
  assert.equal((kept["delivered"] as string[]).length, REMEMBERED_MAX);
  assert.ok(JSON.stringify(kept).length < 20_000);
  assert.equal((await deliver({ id: `d${REMEMBERED_MAX}` }, kept)).answer.workflowData, undefined);
});

test("events that were not chosen, and other tenants', start nothing", async () => {
  const other = { ...EVENT, data: { ...EVENT.data, tenant_id: "T2" } };
  assert.deepEqual((await deliver({ event: other })).answer, {});
  assert.deepEqual((await deliver({ event: { ...EVENT, type: "invoice.issued" } })).answer, {});
  const all = { ...parameters, tenantId: located("") };
  assert.equal((await deliver({ event: other }, undefined, all)).answer.workflowData?.length, 1);
});
