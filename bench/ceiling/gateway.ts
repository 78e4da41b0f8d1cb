import { createServer } from "node:net";
import { v7 as uuidv7 } from "uuid";
import { runScript } from "#adapters/redis/wallet-scripts.ts";
import { ESM_CLASS_RECEIPT, formatReceiptText, MESSAGE_STATES } from "#protocols/smpp/receipt.ts";
import {
  createSmppCounters,
  createSmppSession,
  responseTo,
  type SmppSession,
} from "#protocols/smpp/session.ts";
import { CEILING_TOPICS } from "./plan.ts";
import { runRaw, type RawProcess } from "./raw-process.ts";
import { messageIdIn, recordMaker } from "./records.ts";

/** The product's bounds: pipeline/ingress/accept-queue.ts, adapters/redis/wallet-store.ts, gateway/smpp/esme-sessions.ts. */
const BATCHES_IN_FLIGHT = 2;
const BATCH_MAX = 500;
const RECEIPTS_IN_FLIGHT = 500;

interface Waiting {
  readonly session: SmppSession;
  readonly sequence: number;
}

await runRaw("gateway", async (raw) => {
  const sessions: SmppSession[] = [];
  const accept = acceptor(raw);
  const server = createServer((socket) => {
    const counters = createSmppCounters();
    createSmppSession(socket, {
      counters,
      now: Date.now,
      onRequest: (pdu, session) => {
        if (pdu.command === "submit_sm") return accept({ session, sequence: pdu.sequence });
        session.respond(responseTo(pdu.command), pdu.sequence, 0);
        if (!pdu.command.startsWith("bind_")) return undefined;
        session.markBound();
        sessions.push(session);
        return undefined;
      },
      onClose: (_reason, session) => sessions.splice(sessions.indexOf(session), 1),
    });
  });
  await new Promise<void>((listening) => server.listen(raw.plan.gatewayPort, "127.0.0.1", listening));
  await raw.consume("receipts", [CEILING_TOPICS.status], async (records) => {
    const delivered = records.filter(({ value }) => isDelivered(value));
    for (let start = 0; start < delivered.length; start += RECEIPTS_IN_FLIGHT) {
      const some = delivered.slice(start, start + RECEIPTS_IN_FLIGHT);
      await Promise.all(
        some.map((record, index) => deliver(sessions[index % sessions.length], messageIdIn(record))),
      );
    }
  });
});

function isDelivered(value: Uint8Array | null): boolean {
  return (value as Buffer).includes('"state":"delivered"');
}

/** One Lua call and one publish a batch; what arrives meanwhile is the next one. */
function acceptor({ plan, redis, publisher }: RawProcess): (one: Waiting) => void {
  const submitted = recordMaker(CEILING_TOPICS.submitted, plan.records.submitted);
  let waiting: Waiting[] = [];
  let inFlight = 0;
  let scheduled = false;
  const run = async (batch: readonly Waiting[]): Promise<void> => {
    inFlight += 1;
    const ids = batch.map(() => uuidv7());
    const requests = ids.flatMap((id) => [id, plan.hold]);
    await redis.run((client, identity) =>
      runScript(client, "reserve", plan.walletId, [identity, plan.creditLimit, ...requests]),
    );
    await publisher.publish(ids.map(submitted));
    for (const [index, { session, sequence }] of batch.entries()) {
      session.respond("submit_sm_resp", sequence, 0, { message_id: ids[index]! });
    }
    inFlight -= 1;
    schedule();
  };
  const schedule = (): void => {
    if (scheduled || inFlight >= BATCHES_IN_FLIGHT || waiting.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const batch = waiting.slice(0, BATCH_MAX);
      waiting = waiting.slice(BATCH_MAX);
      void run(batch);
      schedule();
    });
  };
  return (one) => {
    waiting.push(one);
    schedule();
  };
}

function deliver(session: SmppSession | undefined, id: string): Promise<unknown> {
  const now = Date.now();
  const text = formatReceiptText({
    messageId: id,
    state: "DELIVRD",
    submittedAt: now,
    doneAt: now,
    error: "000",
  });
  const body = {
    source_addr_ton: 1,
    source_addr_npi: 1,
    source_addr: "12122000001",
    dest_addr_ton: 5,
    dest_addr_npi: 0,
    destination_addr: "CATALYST",
    esm_class: ESM_CLASS_RECEIPT,
    short_message: Buffer.from(text, "latin1"),
  };
  const tlvs = { receipted_message_id: id, message_state: MESSAGE_STATES.DELIVRD.code };
  return session?.request("deliver_sm", body, tlvs) ?? Promise.resolve();
}
