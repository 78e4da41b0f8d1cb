import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createSmscConnector } from "#adapters/smpp/client.ts";
import type { SmscConnector, SmscConnectorOptions } from "#adapters/smpp/client.ts";
import { systemClock } from "#domain/clock.ts";
import type { CarrierEvents, CarrierInbound, CarrierReceipt, SmsPart } from "#domain/sms/ports.ts";
import { createSmppCounters } from "#protocols/smpp/session.ts";
import { startSimulator } from "../../examples/smsc-simulator/simulator.ts";
import type { Simulator, SimulatorOptions } from "../../examples/smsc-simulator/simulator.ts";
import { npmSmpp } from "./npm-smpp.ts";
import type { NpmPdu, NpmSession } from "./npm-smpp.ts";
import { until } from "./until.ts";

function part(to: string, text: string, expiresAt: number = Date.now() + 60_000): SmsPart {
  return {
    source: { ton: 5, npi: 0, address: "ACME" },
    destination: { ton: 1, npi: 1, address: to },
    dataCoding: 0,
    hasHeader: false,
    octets: Buffer.from(text),
    expiresAt,
  };
}

describe("the SMSC connector", () => {
  const stops: (() => Promise<void>)[] = [];
  let receipts: CarrierReceipt[] = [];
  let inbound: CarrierInbound[] = [];

  async function simulate(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
    const simulator = await startSimulator({ port: 0, receiptDelayMs: 0, failureRate: 0, ...options });
    stops.push(() => simulator.close());
    return simulator;
  }

  function connectTo(
    port: number,
    options: Partial<SmscConnectorOptions> = {},
    events: Partial<CarrierEvents> = {},
  ): SmscConnector {
    const connector = createSmscConnector(
      {
        id: "sim",
        host: "127.0.0.1",
        port,
        systemId: "catalyst",
        password: "secret",
        window: 10,
        binds: 1,
        idFormat: "literal",
        reconnect: { firstMs: 5, maxMs: 20 },
        ...options,
      },
      {
        events: {
          receipt: (receipt) => {
            receipts.push(receipt);
            return Promise.resolve("taken");
          },
          inbound: (message) => {
            inbound.push(message);
            return Promise.resolve("taken");
          },
          ...events,
        },
        counters: createSmppCounters(),
        clock: systemClock,
        random: () => 0.5,
      },
    );
    stops.push(() => connector.close());
    return connector;
  }

  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
    receipts = [];
    inbound = [];
  });

  test("submits, hears of the receipts by the ids it was given, and tells the outcomes apart", async () => {
    const simulator = await simulate();
    const connector = connectTo(simulator.port);
    const [good, refused, undelivered, throttled] = await Promise.all(
      ["233244000001", "233244000999", "233244000998", "233244000997"].map((to) =>
        connector.submit(part(to, "x")),
      ),
    );
    expect(good).toMatchObject({ kind: "accepted" });
    expect(refused).toEqual({ kind: "refused", code: "ESME_RINVDSTADR" });
    expect(throttled).toMatchObject({ kind: "accepted" });
    expect(connector.stats()).toMatchObject({ throttled: 1, refused: 1, submitted: 3, resent: 0 });
    await until(() => receipts.length === 3);
    const stateOf = (outcome: typeof good) =>
      receipts.find(({ ids }) => outcome?.kind === "accepted" && ids[0] === outcome.carrierMessageId)?.state;
    expect([stateOf(good), stateOf(undelivered), stateOf(throttled)]).toEqual([
      "delivered",
      "failed",
      "delivered",
    ]);
    await until(() => simulator.stats().receiptsAcknowledged === 3);
  });

  test("never has more in flight than its window, and keeps it full", async () => {
    const inFlight = new Set<number>();
    let most = 0;
    const answers: (() => void)[] = [];
    const server = npmSmpp.createServer((session) => {
      session.on("error", () => undefined);
      session.on("pdu", (pdu: NpmPdu) => {
        if (pdu.command === "submit_sm") {
          inFlight.add(pdu.sequence_number);
          most = Math.max(most, inFlight.size);
          answers.push(() => {
            inFlight.delete(pdu.sequence_number);
            session.send(pdu.response({ message_id: String(pdu.sequence_number) }));
          });
        } else if (pdu.command !== "deliver_sm_resp") session.send(pdu.response());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stops.push(() => new Promise((resolve) => server.close(resolve)));
    const connector = connectTo(server.address().port, { window: 7 });
    const outcomes = Promise.all(
      Array.from({ length: 50 }, (_, index) => connector.submit(part("1", String(index)))),
    );
    for (let answered = 0; answered < 50; answered += 1) {
      const expected = Math.min(7, 50 - answered);
      await until(() => inFlight.size === expected);
      answers.shift()?.();
    }
    expect((await outcomes).every(({ kind }) => kind === "accepted")).toBe(true);
    expect(most).toBe(7);
  });

  test("binds as often as it is told and spreads over its binds", async () => {
    const simulator = await simulate();
    const connector = connectTo(simulator.port, { binds: 3 });
    await until(() => connector.stats().bound === 3);
    expect(simulator.stats().bound).toBe(3);
  });

  test("reconnects, and sends again what was in flight when its connection broke", async () => {
    let silent: NpmSession | null = null;
    const first = npmSmpp.createServer((session) => {
      session.on("error", () => undefined);
      session.on("bind_transceiver", (pdu: NpmPdu) => session.send(pdu.response()));
      session.on("submit_sm", () => (silent = session));
    });
    await new Promise<void>((resolve) => first.listen(0, "127.0.0.1", resolve));
    const { port } = first.address();
    const connector = connectTo(port);
    const outcome = connector.submit(part("233244000001", "once or twice"));
    await until(() => silent !== null);
    const closed = new Promise<void>((resolve) => first.close(resolve));
    (silent as unknown as NpmSession).destroy();
    await closed;
    await until(() => !connector.up);
    await simulate({ port });
    expect(await outcome).toMatchObject({ kind: "accepted" });
    expect(connector.stats()).toMatchObject({ resent: 1, submitted: 1 });
  });

  test("does not send again where the policy forbids it", async () => {
    const simulator = await simulate();
    const connector = connectTo(simulator.port, { lostPolicy: "refuse" });
    await connector.whenBound();
    const outcome = connector.submit(part("233244000001", "x"));
    simulator.dropConnections();
    expect(await outcome).toEqual({ kind: "refused", code: "LOST" });
  });

  test("ends a session that does not answer in time and sends again on the next", async () => {
    let sessions = 0;
    const server = npmSmpp.createServer((session) => {
      sessions += 1;
      const answers = sessions > 1;
      session.on("error", () => undefined);
      session.on("bind_transceiver", (pdu: NpmPdu) => session.send(pdu.response()));
      session.on("unbind", (pdu: NpmPdu) => session.send(pdu.response()));
      session.on("submit_sm", (pdu: NpmPdu) => answers && session.send(pdu.response({ message_id: "m1" })));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stops.push(() => new Promise((resolve) => server.close(resolve)));
    const connector = connectTo(server.address().port, { timers: { responseMs: 50 } });
    expect(await connector.submit(part("1", "x"))).toEqual({ kind: "accepted", carrierMessageId: "m1" });
    expect(sessions).toBe(2);
  });

  test("gives back what it cannot send: expired if its time passed, unavailable otherwise", async () => {
    const connector = connectTo(1, { maxWaitMs: 30 });
    expect(await connector.submit(part("1", "x"))).toEqual({ kind: "unavailable" });
    expect(await connector.submit(part("1", "x", Date.now() + 10))).toEqual({ kind: "expired" });
    expect(connector.up).toBe(false);
  });

  test("acknowledges a receipt only once it is handled, and gives back what could not be", async () => {
    const simulator = await simulate({ failureRate: 0 });
    let handle: (() => void) | null = null;
    let attempts = 0;
    const connector = connectTo(
      simulator.port,
      {},
      {
        receipt: () => {
          attempts += 1;
          if (attempts === 1) return Promise.reject(new Error("nothing is durable"));
          return new Promise((resolve) => (handle = () => resolve("taken")));
        },
      },
    );
    await connector.submit(part("233244000001", "x"));
    await until(() => handle !== null);
    expect(simulator.stats()).toMatchObject({ receiptsSent: 2, receiptsAcknowledged: 0, receiptsPending: 1 });
    handle!();
    await until(() => simulator.stats().receiptsAcknowledged === 1);
    expect(connector.stats()).toMatchObject({ returned: 1, receipts: 2 });
  });

  test("passes on what subscribers send", async () => {
    const simulator = await simulate();
    const connector = connectTo(simulator.port);
    await connector.whenBound();
    expect(await simulator.sendInbound("+233244000001", "+12025550100", "Grüße")).toBe(true);
    expect(inbound).toEqual([
      expect.objectContaining({ connector: "sim", from: "+233244000001", to: "+12025550100", text: "Grüße" }),
    ]);
  });

  test("the simulator owes its receipts through its own end and the peer's", async () => {
    const folder = mkdtempSync(join(tmpdir(), "simulator-"));
    const file = join(folder, "receipts");
    const first = await startSimulator({ port: 0, receiptDelayMs: 0, failureRate: 0, file });
    const { port } = first;
    const connector = connectTo(port, {}, { receipt: () => Promise.resolve("later") });
    const outcome = await connector.submit(part("233244000001", "x"));
    await until(() => first.stats().receiptsSent > 0);
    await connector.close();
    await first.close();
    await simulate({ port, file });
    connectTo(port);
    await until(() => receipts.length === 1);
    expect(receipts[0]?.ids[0]).toBe(outcome.kind === "accepted" && outcome.carrierMessageId);
    rmSync(folder, { recursive: true });
  });
});
