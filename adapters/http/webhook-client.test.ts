import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { lookup as systemLookup } from "node:dns";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createWebhookClient, parseRetryAfter } from "./webhook-client.ts";

const clock = { now: () => 1_000_000 };
let server: Server;
let port: number;
let connections = 0;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  // On every address of this machine, so that whatever gets through a spelling of "here" is counted.
  server = createServer((request, response) => answer(request, response));
  server.on("connection", () => (connections += 1));
  server.listen(0, "::");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

/** Counts what the process itself tries to reach, also where nobody listens. */
async function countingAttempts(work: () => Promise<void>): Promise<number> {
  let attempts = 0;
  const watch = (message: unknown) => {
    (message as { socket: Socket }).socket.on("connectionAttempt", () => (attempts += 1));
  };
  subscribe("net.client.socket", watch);
  try {
    await work();
  } finally {
    unsubscribe("net.client.socket", watch);
  }
  return attempts;
}

/** Resolves every name to the addresses that it spells: `a-1.2.3.4-b-...` is not needed, one table is. */
function resolving(addresses: readonly string[]): typeof systemLookup {
  const lookup = (_name: string, _options: unknown, callback: (error: null, found: unknown) => void) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  return lookup as unknown as typeof systemLookup;
}

const literalHosts = [
  "127.0.0.1",
  "127.0.0.2",
  "127.1",
  "127.255.255.254",
  "2130706433",
  "0x7f000001",
  "0x7f.0.0.1",
  "0177.0.0.1",
  "017700000001",
  "0",
  "0.0.0.0",
  "0.0.0.1",
  "10.0.0.1",
  "10.255.255.255",
  "012.0.0.1",
  "167772161",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "192.168.255.254",
  "3232235521",
  "169.254.169.254",
  "169.254.0.1",
  "2852039166",
  "0xa9fea9fe",
  "0251.0376.0251.0376",
  "100.64.0.1",
  "100.127.255.255",
  "192.0.0.1",
  "192.0.0.192",
  "192.0.2.1",
  "198.18.0.1",
  "198.19.255.255",
  "198.51.100.7",
  "203.0.113.9",
  "192.88.99.1",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "①②⑦.⓪.⓪.①",
  "127。0。0。1",
  "[::1]",
  "[::]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::ffff:10.0.0.1]",
  "[::ffff:169.254.169.254]",
  "[::ffff:8.8.8.8]",
  "[::127.0.0.1]",
  "[fe80::1]",
  "[febf::1]",
  "[fec0::1]",
  "[fc00::1]",
  "[fd00:ec2::254]",
  "[fdff::1]",
  "[ff02::1]",
  "[ff0e::1]",
  "[64:ff9b::7f00:1]",
  "[64:ff9b:1::a00:1]",
  "[2002:7f00:1::]",
  "[2002:a00:1::1]",
  "[2001:0:7f00:1::]",
  "[2001:db8::1]",
  "[100::1]",
  "[5f00::1]",
  "[3fff::1]",
  "[4000::1]",
  "[::ffff:0:127.0.0.1]",
];

const resolutions: readonly (readonly string[])[] = [
  ["127.0.0.1"],
  ["::1"],
  ["10.1.2.3"],
  ["172.20.0.5"],
  ["192.168.1.1"],
  ["169.254.169.254"],
  ["100.100.100.200"],
  ["0.0.0.0"],
  ["::ffff:127.0.0.1"],
  ["::ffff:a00:1"],
  ["fd00::1"],
  ["fe80::1%eth0"],
  ["::"],
  ["64:ff9b::a9fe:a9fe"],
  ["1.1.1.1", "127.0.0.1"],
  ["2606:4700::1111", "::1"],
  [],
  ["not-an-address"],
];

const badUrls = [
  "file:///etc/passwd",
  "ftp://example.com/",
  "gopher://127.0.0.1/",
  "unix:/var/run/docker.sock",
  "javascript:alert(1)",
  "",
  "http://",
  "//127.0.0.1/",
  "http://user:secret@example.com/",
  "http://example.com@127.0.0.1/",
  "http://[::1",
  "http://127.0.0.1:99999/",
];

describe("what may not be called", () => {
  test(`${literalHosts.length + resolutions.length + badUrls.length} vectors are refused without one connection`, async () => {
    connections = 0;
    const client = createWebhookClient({ allowedNetworks: [], clock });
    const attempts = await countingAttempts(async () => {
      const urls = [
        ...literalHosts.flatMap((host) => [`http://${host}:${port}/`, `https://${host}:${port}/`]),
        ...badUrls,
      ];
      for (const url of urls)
        expect([url, (await client.post(url, {}, "{}", 2000)).kind]).toEqual([url, "refused"]);
      for (const addresses of resolutions) {
        const naive = createWebhookClient({ allowedNetworks: [], clock, lookup: resolving(addresses) });
        for (const scheme of ["http", "https"]) {
          expect([
            addresses,
            (await naive.post(`${scheme}://hooks.example:${port}/`, {}, "{}", 2000)).kind,
          ]).toEqual([addresses, "refused"]);
        }
        await naive.close();
      }
    });
    await client.close();
    expect([attempts, connections]).toEqual([0, 0]);
    expect(literalHosts.length + resolutions.length + badUrls.length).toBeGreaterThanOrEqual(60);
  }, 30_000);

  test("the counters see what is allowed, so that their zero means something", async () => {
    answer = (_request, response) => response.end();
    connections = 0;
    const client = createWebhookClient({ allowedNetworks: ["127.0.0.0/8"], clock });
    const attempts = await countingAttempts(async () => {
      expect(await client.post(`http://2130706433:${port}/`, {}, "{}", 2000)).toEqual({
        kind: "answered",
        status: 200,
        retryAfterMs: null,
        text: "",
      });
      expect((await client.post(`http://10.0.0.1:${port}/`, {}, "{}", 2000)).kind).toBe("refused");
    });
    await client.close();
    expect([attempts, connections]).toEqual([1, 1]);
  });

  test("a name that changes its address between two calls (DNS rebinding)", async () => {
    answer = (_request, response) => response.setHeader("connection", "close").end();
    const found = [["127.0.0.1"], ["192.168.0.1"]];
    const lookup = ((...call: unknown[]) =>
      (resolving(found.shift() ?? []) as unknown as (...call: unknown[]) => void)(
        ...call,
      )) as unknown as typeof systemLookup;
    const client = createWebhookClient({ allowedNetworks: ["127.0.0.1/32"], clock, lookup });
    const kinds = [];
    for (let call = 0; call < 2; call += 1)
      kinds.push((await client.post(`http://hooks.example:${port}/`, {}, "{}", 2000)).kind);
    await client.close();
    expect(kinds).toEqual(["answered", "refused"]);
  });

  test("a network that is none is a mistake of the configuration", () => {
    expect(() => createWebhookClient({ allowedNetworks: ["127.0.0.1"], clock })).toThrow(RangeError);
  });
});

describe("a call", () => {
  const post = async (body = "{}", timeoutMs = 2000) => {
    const client = createWebhookClient({ allowedNetworks: ["127.0.0.0/8"], clock });
    const result = await client.post(
      `http://127.0.0.1:${port}/hook`,
      { "webhook-id": "m:delivered" },
      body,
      timeoutMs,
    );
    await client.close();
    return result;
  };

  test("posts the body as it is, with the headers", async () => {
    let seen: unknown;
    answer = (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        seen = [
          request.method,
          request.url,
          request.headers["webhook-id"],
          request.headers["content-type"],
          Buffer.concat(chunks).toString(),
        ];
        response.writeHead(503, { "retry-after": "7" }).end("busy");
      });
    };
    expect(await post('{"ü":1}')).toEqual({
      kind: "answered",
      status: 503,
      retryAfterMs: 7000,
      text: "busy",
    });
    expect(seen).toEqual(["POST", "/hook", "m:delivered", "application/json", '{"ü":1}']);
  });

  test("follows no redirect", async () => {
    connections = 0;
    answer = (_request, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    expect(await post()).toMatchObject({ kind: "answered", status: 307 });
    expect(connections).toBe(1);
  });

  test("gives up in time, whether the answer does not begin or does not end", async () => {
    answer = () => {};
    expect(await post("{}", 100)).toEqual({ kind: "failed", reason: "no answer in time" });
    answer = (_request, response) => void response.writeHead(200).write("x");
    expect(await post("{}", 100)).toMatchObject({ kind: "answered", status: 200 });
    answer = (_request, response) => {
      response.writeHead(200);
      const flood = () => void response.write("x".repeat(65_536), flood);
      flood();
    };
    expect(await post("{}", 5000)).toMatchObject({ kind: "answered", status: 200 });
  });

  test("that cannot be made is a value without the URL in it", async () => {
    const client = createWebhookClient({ allowedNetworks: ["127.0.0.0/8"], clock });
    expect(await client.post("http://127.0.0.1:1/?token=secret", {}, "{}", 2000)).toEqual({
      kind: "failed",
      reason: "ECONNREFUSED",
    });
    expect((await client.post(`http://127.0.0.1:${port}/`, {}, "x".repeat(20_000), 2000)).kind).toBe(
      "refused",
    );
    await client.close();
  });

  test.each([
    [undefined, null],
    ["120", 120_000],
    ["99999999", 86_400_000],
    ["Thu, 01 Jan 1970 00:17:00 GMT", 20_000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["soon", null],
    ["-5", null],
  ])("Retry-After %p waits %p ms", (header, expected) => {
    expect(parseRetryAfter(header, 1_000_000)).toBe(expected);
  });
});
