import { beforeAll, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { createEsme } from "../../examples/esme/esme.ts";
import { attachWorld, eventually, finalMessage, readTopics, type Tenant, type World } from "./world.ts";

let world: World;
let tenant: Tenant;
let pids: Map<string, number | null>;

const running = async (): Promise<Map<string, number | null>> =>
  new Map((await world.environment.status()).processes.map(({ name, pid }) => [name, pid]));

beforeAll(async () => {
  world = await attachWorld();
  tenant = await world.tenant("BAD");
  pids = await running();
}, 120_000);

interface Problem {
  readonly status: number;
  readonly type: string;
  readonly body: { readonly code?: string; readonly errors?: readonly { readonly path: string }[] };
}

async function post(path: string, body: string, token: string): Promise<Problem> {
  const response = await fetch(`${world.environment.urls.gateway}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body,
  });
  return {
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    body: (await response.json()) as Problem["body"],
  };
}

const MESSAGE = { from: "ACME", to: "+447700900123", text: "hello" };

describe("REST says what is wrong, as problem+json", () => {
  test.each([
    ["malformed JSON", () => post("/api/v2/messages", '{"from": "ACME",', tenant.apiKey), 400],
    [
      "a bad number",
      () => post("/api/v2/messages", JSON.stringify({ ...MESSAGE, to: "+44 nobody" }), tenant.apiKey),
      422,
    ],
    [
      "a body of 2 MB",
      () =>
        post("/api/v2/messages", JSON.stringify({ ...MESSAGE, text: "x".repeat(2_000_000) }), tenant.apiKey),
      413,
    ],
    ["a wrong token", () => post("/api/v2/messages", JSON.stringify(MESSAGE), `${tenant.apiKey}x`), 401],
    [
      "a tenant that does not exist",
      () => post("/api/v2/tenants/NOBODY/top-ups", '{"amount":"1"}', world.environment.secrets.adminToken),
      404,
    ],
  ] as const)("%s", async (_, send, status) => {
    const answer = await send();
    expect([answer.status, answer.type.split(";")[0]]).toEqual([status, "application/problem+json"]);
  });

  test("the failing field is named", async () => {
    const { body } = await post("/api/v2/messages", JSON.stringify({ ...MESSAGE, to: "12" }), tenant.apiKey);
    expect(body.errors?.map(({ path }) => path)).toEqual(["to"]);
  });
});

/** Sends octets to the SMPP port; answers whether the server ended the connection within five seconds. */
async function sendToSmpp(octets: Uint8Array, endAfterwards: boolean): Promise<boolean> {
  const socket = connect(world.environment.ports.smpp, "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  await once(socket, "connect");
  const closed = new Promise<boolean>((resolve) => socket.once("close", () => resolve(true)));
  socket.write(octets);
  if (endAfterwards) socket.end();
  const result = await Promise.race([closed, sleep(5_000).then(() => false)]);
  socket.destroy();
  return result;
}

function header(length: number, command: number): Uint8Array {
  const octets = Buffer.alloc(16);
  octets.writeUInt32BE(length, 0);
  octets.writeUInt32BE(command, 4);
  octets.writeUInt32BE(1, 12);
  return octets;
}

const BIND_TRANSCEIVER = 0x09;

describe("the SMPP door ends what is not SMPP", () => {
  test.each([
    ["a truncated PDU", header(60, BIND_TRANSCEIVER), true],
    ["an oversized PDU", header(0x7fff_ffff, BIND_TRANSCEIVER), false],
    ["a length below the header's own", header(4, BIND_TRANSCEIVER), false],
    [
      "a bind whose fields do not end",
      Buffer.concat([header(116, BIND_TRANSCEIVER), Buffer.alloc(100, 0x41)]),
      true,
    ],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), false],
  ] as const)("%s", async (_, octets, endAfterwards) => {
    expect(await sendToSmpp(octets, endAfterwards)).toBe(true);
  });

  test("and serves the next ESME", async () => {
    const { systemId, password } = tenant;
    const esme = createEsme({ host: "127.0.0.1", port: world.environment.ports.smpp, systemId, password });
    try {
      await esme.whenBound();
      expect(await esme.submit(MESSAGE)).toMatchObject({ kind: "answered", status: 0 });
      expect(await esme.submit({ ...MESSAGE, to: "+4477" })).toMatchObject({
        kind: "answered",
        status: 0x0b,
      });
    } finally {
      await esme.stop();
    }
  });
});

const INPUTS = [
  ["messaging.sms.submitted", ["firewall", "timeline"]],
  ["messaging.sms.cleared", ["sms", "timeline"]],
  ["messaging.sms.status", ["timeline", "analytics", "notifications", "receipts"]],
  ["billing.events", ["billing"]],
] as const;

test.each(INPUTS)(
  "what is not JSON in %s goes to the dead letters and the stages go on",
  async (topic, stages) => {
    const poison = world.unique("poison");
    const kafka = new Kafka({ brokers: [world.environment.urls.kafka], logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ key: poison, value: "this is not JSON" }] });
    await producer.disconnect();
    for (const stage of stages) {
      const letters = await eventually(
        async () =>
          (await readTopics(world.environment, [`${stage}.dead-letter`])).filter(({ key }) => key === poison),
        ({ length }) => length > 0,
      );
      expect(letters[0]?.value).toBe("this is not JSON");
      expect(letters[0]?.headers).toContain(`x-origin-topic=${topic}`);
      expect(letters[0]?.headers).toContain("x-error=the record is not JSON");
    }
    const { message_id } = await tenant.rest.post<{ message_id: string }>("/api/v2/messages", MESSAGE);
    expect((await finalMessage(tenant.rest, message_id)).state).toBe("delivered");
  },
  120_000,
);

test("no process has ended over any of it", async () => {
  expect(await running()).toEqual(pids);
  const health = await fetch(`${world.environment.urls.gateway}/health`);
  expect([health.status, ((await health.json()) as { status: string }).status]).toEqual([200, "healthy"]);
});
