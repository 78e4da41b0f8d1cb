import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "#domain/clock.ts";
import { refused } from "#domain/messages/submission.ts";
import type { AcceptOutcome, Submission } from "#domain/messages/submission.ts";
import { EsmeSessions } from "#gateway/smpp/esme-sessions.ts";
import { startSmppServer } from "#gateway/smpp/server.ts";
import type { BindEvent, SmppServer, SmppServerOptions } from "#gateway/smpp/server.ts";
import { decodePdu, encodePdu } from "#protocols/smpp/codec.ts";
import type { OutgoingPdu } from "#protocols/smpp/codec.ts";
import { createFramer } from "#protocols/smpp/framing.ts";
import type { InvalidPdu, Pdu } from "#protocols/smpp/pdus.ts";
import { createSmppCounters } from "#protocols/smpp/session.ts";
import { STATUS } from "#protocols/smpp/status.ts";
import { npmSmpp } from "./npm-smpp.ts";
import { until } from "./until.ts";
import type { NpmPdu } from "./npm-smpp.ts";

const accepted = (messageId: string): AcceptOutcome => ({
  ok: true,
  messageId,
  parts: 1,
  encoding: "gsm7",
  to: "+233244123456",
  acceptedAt: 1,
});

/** One raw connection: what comes back is read as PDUs. */
class Raw {
  readonly socket: Socket;
  readonly received: (Pdu | InvalidPdu)[] = [];
  readonly closed: Promise<void>;
  #waiting: (() => void)[] = [];

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => undefined);
    const framer = createFramer((buffer, start, end) => {
      this.received.push(decodePdu(buffer, start, end));
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.socket.on("data", (chunk) => framer.push(chunk));
    this.closed = new Promise((resolve) => this.socket.on("close", () => resolve()));
  }

  send(pdu: OutgoingPdu): void {
    this.socket.write(encodePdu(pdu));
  }

  async nth(count: number): Promise<Pdu | InvalidPdu> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.received[count - 1]!;
  }

  async bind(password = "secret", systemId = "acme"): Promise<number> {
    const body = { system_id: systemId, password, interface_version: 0x34 };
    this.send({ command: "bind_transceiver", sequence: 1, body });
    return (await this.nth(1)).status;
  }
}

const submission: OutgoingPdu = {
  command: "submit_sm",
  sequence: 2,
  body: {
    source_addr_ton: 5,
    source_addr: "ACME",
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: "233244123456",
    registered_delivery: 1,
    short_message: Buffer.from("hello"),
  },
};

describe("the SMPP door", () => {
  const counters = createSmppCounters();
  const submissions: Submission[] = [];
  const binds: BindEvent[] = [];
  const raws: Raw[] = [];
  let answer: (submission: Submission) => Promise<AcceptOutcome>;
  let server: SmppServer;

  async function start(options: Partial<SmppServerOptions> = {}): Promise<void> {
    Object.assign(counters, createSmppCounters());
    server = await startSmppServer(
      { host: "127.0.0.1", port: 0, refusalDelayMs: 5, ...options },
      {
        accounts: {
          authenticate: (systemId, password) =>
            Promise.resolve(systemId === "acme" && password === "secret" ? { tenantId: "T-1" } : null),
        },
        submit: (each) => {
          submissions.push(each);
          return answer(each);
        },
        sessions: new EsmeSessions(systemClock),
        counters,
        clock: systemClock,
        onBind: (event) => binds.push(event),
      },
    );
  }

  function open(): Raw {
    const raw = new Raw(server.port);
    raws.push(raw);
    return raw;
  }

  beforeEach(() => {
    submissions.length = 0;
    binds.length = 0;
    answer = () => Promise.resolve(accepted("0199-id"));
  });

  afterEach(async () => {
    for (const raw of raws.splice(0)) raw.socket.destroy();
    await server.close();
  });

  test("takes a message from bind to unbind, and answers with its id once it is accepted", async () => {
    await start();
    let accept: (outcome: AcceptOutcome) => void = () => undefined;
    answer = () => new Promise((resolve) => (accept = resolve));
    const raw = open();
    expect(await raw.bind()).toBe(0);
    raw.send(submission);
    raw.send({ command: "enquire_link", sequence: 3 });
    expect(await raw.nth(2)).toMatchObject({ command: "enquire_link_resp", sequence: 3 });
    expect(submissions).toEqual([
      {
        tenantId: "T-1",
        channel: "sms",
        from: "ACME",
        to: "+233244123456",
        text: "hello",
        door: "smpp",
        systemId: "acme",
        receipt: true,
      },
    ]);
    accept(accepted("0199-id"));
    expect(await raw.nth(3)).toMatchObject({
      command: "submit_sm_resp",
      status: 0,
      sequence: 2,
      body: { message_id: "0199-id" },
    });
    raw.send({ command: "unbind", sequence: 4 });
    expect(await raw.nth(4)).toMatchObject({ command: "unbind_resp", sequence: 4 });
    await raw.closed;
    await until(() => binds.length === 2);
    expect(binds.map(({ outcome }) => outcome)).toEqual(["bound", "unbound"]);
  });

  test("serves npm smpp as a peer", async () => {
    await start();
    const session = npmSmpp.connect({ host: "127.0.0.1", port: server.port });
    session.on("error", () => undefined);
    await new Promise((resolve) => session.once("connect", resolve));
    const bound = await new Promise<NpmPdu>((resolve) => {
      session.bind_transceiver({ system_id: "acme", password: "secret" }, resolve);
    });
    expect(bound).toMatchObject({ command_status: 0, system_id: "catalyst", sc_interface_version: 0x34 });
    const response = await new Promise<NpmPdu>((resolve) => {
      session.submit_sm(
        {
          source_addr: "ACME",
          destination_addr: "233244123456",
          dest_addr_ton: 1,
          // Its own choice would be data_coding 1 with GSM septets.
          data_coding: 0,
          short_message: "Grüße, 20 €: äöü {}",
        },
        resolve,
      );
    });
    expect(response).toMatchObject({ command_status: 0, message_id: "0199-id" });
    expect(submissions[0]?.text).toBe("Grüße, 20 €: äöü {}");
    await new Promise((resolve) =>
      session.submit_sm({ destination_addr: "1", short_message: "Привет 😀" }, resolve),
    );
    expect(submissions[1]?.text).toBe("Привет 😀");
    session.destroy();
  });

  test.each([
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    ["a PDU longer than 64 KiB", Buffer.from([0, 1, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1])],
    ["a length of nothing", Buffer.alloc(16)],
  ])("ends a connection that sends %s, says so, and lives", async (_, octets) => {
    await start();
    const raw = open();
    raw.socket.write(octets);
    await raw.closed;
    expect(raw.received).toEqual([
      expect.objectContaining({ command: "generic_nack", status: STATUS.ESME_RINVCMDLEN.code }),
    ]);
    expect(counters.framingErrors).toBe(1);
    expect(await open().bind()).toBe(0);
  });

  test("counts a PDU cut off by the end of its connection, and ends one that never gets whole", async () => {
    await start({ timers: { pduReadMs: 40 } });
    const whole = encodePdu(submission);
    const cut = open();
    cut.socket.end(whole.subarray(0, 30));
    await cut.closed;
    const slow = open();
    slow.socket.write(whole.subarray(0, 30));
    await slow.closed;
    await until(() => counters.truncatedPdus === 2);
    expect(await open().bind()).toBe(0);
  });

  test("answers garbage within a PDU and goes on with the session", async () => {
    await start();
    const raw = open();
    expect(await raw.bind()).toBe(0);
    const unknown = Buffer.alloc(20);
    unknown.writeUInt32BE(20, 0);
    unknown.writeUInt32BE(0x00abcdef, 4);
    unknown.writeUInt32BE(5, 12);
    raw.socket.write(unknown);
    expect(await raw.nth(2)).toMatchObject({
      command: "generic_nack",
      sequence: 5,
      status: STATUS.ESME_RINVCMDID.code,
    });
    const cut = encodePdu(submission).subarray(0, 25);
    cut.writeUInt32BE(25, 0);
    raw.socket.write(cut);
    expect(await raw.nth(3)).toMatchObject({ command: "submit_sm_resp", sequence: 2 });
    expect((await raw.nth(3)).status).not.toBe(0);
    raw.send(submission);
    expect(await raw.nth(4)).toMatchObject({ status: 0 });
    expect(counters.invalidPdus).toBe(2);
    expect(submissions).toHaveLength(1);
  });

  test("survives random octets on many connections", async () => {
    await start();
    let seed = 7;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) & 0xff;
    for (let index = 0; index < 50; index += 1) {
      const raw = open();
      const octets = Buffer.from(Array.from({ length: 300 }, random));
      if (index % 2 === 0) octets.writeUInt32BE(300, 0);
      if (index % 4 === 0) octets.writeUInt32BE([4, 9, 5, 0x103][(index / 4) % 4]!, 4);
      raw.socket.end(octets);
      await raw.closed;
    }
    expect(await open().bind()).toBe(0);
  });

  test("refuses a wrong password and an unknown name alike, and locks who goes on", async () => {
    await start();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const raw = open();
      expect(await raw.bind("wrong")).toBe(STATUS.ESME_RBINDFAIL.code);
      await raw.closed;
    }
    expect(await open().bind("secret")).toBe(STATUS.ESME_RBINDFAIL.code);
    expect(await open().bind("secret", "nobody")).toBe(STATUS.ESME_RBINDFAIL.code);
    expect(binds.map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(5).fill("refused"),
      "locked",
      "refused",
    ]);
    expect(server.stats()).toMatchObject({ bindFailures: 7, bound: 0 });
  });

  test("refuses what comes before a bind, a second bind and too many binds", async () => {
    await start({ maxBinds: 1 });
    const raw = open();
    raw.send({ ...submission, sequence: 1 });
    expect(await raw.nth(1)).toMatchObject({
      command: "submit_sm_resp",
      status: STATUS.ESME_RINVBNDSTS.code,
    });
    raw.send({ command: "bind_transceiver", sequence: 2, body: { system_id: "acme", password: "secret" } });
    expect(await raw.nth(2)).toMatchObject({ status: 0, tlvs: {} });
    raw.send({ command: "bind_receiver", sequence: 3, body: { system_id: "acme", password: "secret" } });
    expect(await raw.nth(3)).toMatchObject({
      command: "bind_receiver_resp",
      status: STATUS.ESME_RALYBND.code,
    });
    expect(await open().bind()).toBe(STATUS.ESME_RBINDFAIL.code);
    expect(submissions).toHaveLength(0);
  });

  test("a receiver may not submit", async () => {
    await start();
    const raw = open();
    raw.send({ command: "bind_receiver", sequence: 1, body: { system_id: "acme", password: "secret" } });
    await raw.nth(1);
    raw.send(submission);
    expect(await raw.nth(2)).toMatchObject({ status: STATUS.ESME_RINVBNDSTS.code });
  });

  test("throttles beyond the window and takes more once answers are out", async () => {
    await start({ window: 2 });
    const open1: ((outcome: AcceptOutcome) => void)[] = [];
    answer = () => new Promise((resolve) => open1.push(resolve));
    const raw = open();
    await raw.bind();
    for (let sequence = 2; sequence < 5; sequence += 1) raw.send({ ...submission, sequence });
    expect(await raw.nth(2)).toMatchObject({ sequence: 4, status: STATUS.ESME_RTHROTTLED.code });
    for (const resolve of open1) resolve(accepted("id"));
    expect(await raw.nth(4)).toMatchObject({ status: 0 });
    raw.send({ ...submission, sequence: 9 });
    await until(() => open1.length === 3);
    open1[2]?.(refused("insufficient_funds", "no"));
    expect(await raw.nth(5)).toMatchObject({ sequence: 9, status: STATUS.ESME_RSUBMITFAIL.code });
  });

  test.each([
    ["invalid_destination", STATUS.ESME_RINVDSTADR.code],
    ["text_too_long", STATUS.ESME_RINVMSGLEN.code],
    ["tenant_suspended", STATUS.ESME_RSUBMITFAIL.code],
    ["unavailable", STATUS.ESME_RSYSERR.code],
  ] as const)("answers %s", async (code, status) => {
    await start();
    answer = () => Promise.resolve(refused(code, "x"));
    const raw = open();
    await raw.bind();
    raw.send(submission);
    expect(await raw.nth(2)).toMatchObject({ status });
  });

  test("ends a connection that does not bind, and one that does not answer enquire_link", async () => {
    await start({ timers: { sessionInitMs: 40, enquireLinkMs: 40, responseMs: 40 } });
    const mute = open();
    await mute.closed;
    const silent = open();
    await silent.bind();
    expect(await silent.nth(2)).toMatchObject({ command: "enquire_link" });
    await silent.closed;
  });

  test("closes in order: answers what it took, unbinds, ends", async () => {
    await start();
    let accept: (outcome: AcceptOutcome) => void = () => undefined;
    answer = () => new Promise((resolve) => (accept = resolve));
    const raw = open();
    await raw.bind();
    raw.send(submission);
    await until(() => submissions.length === 1);
    const closed = server.close();
    accept(accepted("late"));
    expect(await raw.nth(2)).toMatchObject({ command: "submit_sm_resp", body: { message_id: "late" } });
    expect(await raw.nth(3)).toMatchObject({ command: "unbind" });
    raw.send({ command: "unbind_resp", sequence: (raw.received[2] as Pdu).sequence });
    await raw.closed;
    await closed;
  });
});
