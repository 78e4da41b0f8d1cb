import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Faults } from "./faults.ts";
import { close, listen, readBody } from "./http-door.ts";
import { Records } from "./records.ts";
import { WebhookSender } from "./webhook-sender.ts";

let server: Server;
let url: string;
let statuses: number[];
let arrived: string[];
let onArrival: () => void;
let folder: string;
const faults = new Faults();
const open: WebhookSender[] = [];

beforeEach(async () => {
  statuses = [];
  arrived = [];
  onArrival = () => undefined;
  server = createServer((request, response) => {
    void readBody(request).then((body) => {
      arrived.push(body);
      response.writeHead(statuses.shift() ?? 200).end();
      onArrival();
    });
  });
  url = `http://127.0.0.1:${await listen(server, 0)}/`;
  folder = mkdtempSync(join(tmpdir(), "webhooks-"));
  faults.clear();
});

afterEach(async () => {
  for (const sender of open.splice(0)) sender.close();
  await close(server);
  rmSync(folder, { recursive: true });
});

function openSender(records = new Records(null)): WebhookSender {
  const sender = new WebhookSender({ records, faults, headers: () => ({}), retryMs: 5 });
  open.push(sender);
  return sender;
}

/** Resolves when so many have come. */
function arrivals(count: number): Promise<string[]> {
  return new Promise((settle) => {
    onArrival = () => {
      if (arrived.length >= count) settle(arrived);
    };
    onArrival();
  });
}

test("what is refused is sent again until it is taken", async () => {
  const sender = openSender();
  sender.target(url);
  statuses = [500, 404];
  sender.enqueue("1", "paid", "one")();
  expect(await arrivals(3)).toEqual(["one", "one", "one"]);
});

test("twice, later, after the next one, or never", async () => {
  const sender = openSender();
  sender.target(url);
  const send = (id: string): void => sender.enqueue(id, id, id)();
  faults.add({ kind: "webhook_duplicate", match: "^a$" });
  send("a");
  expect(await arrivals(2)).toEqual(["a", "a"]);
  faults.add({ kind: "webhook_swap", match: "^b$" });
  send("b");
  send("c");
  expect((await arrivals(4)).slice(2)).toEqual(["c", "b"]);
  faults.add({ kind: "webhook_none", match: "^d$" });
  faults.add({ kind: "webhook_late", match: "^e$", ms: 60 });
  for (const id of ["d", "e", "f"]) send(id);
  expect((await arrivals(6)).slice(4)).toEqual(["f", "e"]);
  expect(sender.again("d")).toBe(true);
  expect((await arrivals(7)).at(-1)).toBe("d");
});

test("what was not taken before the process ended is sent by the next one, once", async () => {
  const file = join(folder, "records.jsonl");
  const first = new Records(file);
  openSender(first).enqueue("1", "paid", "one");
  first.commit();
  const second = new Records(file);
  openSender(second).target(url);
  expect(await arrivals(1)).toEqual(["one"]);
});

test("a transaction that a kill cut short never happened; those before and after it did", async () => {
  const file = join(folder, "records.jsonl");
  const { appendFileSync } = await import("node:fs");
  const first = new Records(file);
  first.put("charges", "1", { amount: 1 });
  first.put("charges", "1", { amount: 2 });
  first.commit();
  appendFileSync(file, '[["charges","2",{"amo');
  const second = new Records(file);
  expect(second.all("charges")).toEqual([{ amount: 2 }]);
  second.put("charges", "3", { amount: 3 });
  second.commit();
  expect(new Records(file).all("charges")).toEqual([{ amount: 2 }, { amount: 3 }]);
});
