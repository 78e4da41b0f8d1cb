import { beforeAll, expect, test } from "@jest/globals";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { attachWorld, eventually, finalMessage, type World } from "../pipeline/world.ts";

/** Alerts by SMS are sent and paid for by it: `./catalyst test` names it so. */
const ALERTS_TENANT = "ALERTS";
const NUMBER = "+447700900456";

let world: World;
beforeAll(async () => {
  world = await attachWorld();
}, 60_000);

interface Received {
  readonly body: string;
  readonly headers: Record<string, string>;
}

async function startEndpoint() {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const headers = request.headers as Record<string, string>;
      received.push({ body: Buffer.concat(chunks).toString(), headers });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { received, url, close: () => void server.close() };
}

test("a low balance is told by SMS through the pipeline, and by a signed webhook, once each", async () => {
  const endpoint = await startEndpoint();
  try {
    const platform = await world.tenant("PLATFORM", { tenant_id: ALERTS_TENANT }, "0");
    await world.admin.post(
      `/api/v2/tenants/${ALERTS_TENANT}/top-ups`,
      { amount: "10" },
      { "idempotency-key": ALERTS_TENANT },
    );
    const tenant = await world.tenant("TOLD", { thresholds: { low: "0.08" } }, "0.1");
    const { webhook_secret: secret } = await world.admin.patch<{ webhook_secret: string }>(
      `/api/v2/tenants/${tenant.tenantId}`,
      { webhook: { url: endpoint.url }, alerts: { sms: [NUMBER], webhook: true } },
    );
    const message = { from: "ACME", to: "+447700900123", text: "hello" };
    const { message_id: id } = await tenant.rest.post<{ message_id: string }>("/api/v2/messages", message);
    await finalMessage(tenant.rest, id);
    const told = await eventually(
      async () => endpoint.received.filter(({ body }) => body.includes('"balance.')),
      (all) => all.length > 0,
    );
    const signed = told.map(({ body, headers }) => new Webhook(secret).verify(body, headers));
    expect(signed).toEqual([
      expect.objectContaining({
        type: "balance.low",
        data: expect.objectContaining({ currency: "USD" }),
      }),
    ]);
    const texts = async () =>
      (
        await platform.rest.get<{ data: readonly { message_id: string; to: string }[] }>(
          "/api/v2/messages?limit=100",
        )
      ).data.filter(({ to }) => to === NUMBER);
    const [text] = await eventually(texts, (all) => all.length > 0);
    expect((await finalMessage(platform.rest, text?.message_id ?? "")).state).toBe("delivered");
    expect(await texts()).toHaveLength(1);
  } finally {
    endpoint.close();
  }
}, 120_000);
