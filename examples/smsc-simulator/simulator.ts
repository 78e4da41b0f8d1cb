import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import type { LinkTimerLimits } from "#protocols/smpp/link-timers.ts";
import type { Pdu } from "#protocols/smpp/pdus.ts";
import { ESM_CLASS_RECEIPT, formatReceiptText, MESSAGE_STATES } from "#protocols/smpp/receipt.ts";
import { createSmppCounters, createSmppSession, responseTo } from "#protocols/smpp/session.ts";
import type { RequestPdu, SmppCounters, SmppSession } from "#protocols/smpp/session.ts";
import { STATUS } from "#protocols/smpp/status.ts";
import { memoryJournal, openJournal } from "./journal.ts";
import type { Address, Journal, OwedReceipt } from "./journal.ts";
import { createRepetitionCounter, hash32 } from "./repetitions.ts";

export interface SimulatorOptions {
  readonly host?: string;
  /** 0 = any free port. */
  readonly port: number;
  /** From submit_sm_resp to the receipt; negative: the receipt is sent before the response, as some SMSCs do. */
  readonly receiptDelayMs: number;
  /** 0 to 1: how many receipts say UNDELIV, chosen by `seed`, number and content. */
  readonly failureRate: number;
  readonly seed?: number;
  /** System ids and passwords that may bind; absent = any. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** Where receipts owed are kept; absent = in memory only. */
  readonly file?: string;
  /** Most unanswered deliver_sm per session. */
  readonly window?: number;
  readonly timers?: Partial<LinkTimerLimits>;
  readonly now?: () => number;
}

export interface SimulatorStats {
  readonly connections: number;
  readonly bound: number;
  /** submit_sm that came, and those answered with an id. */
  readonly submitted: number;
  readonly accepted: number;
  readonly refused: number;
  readonly throttled: number;
  /** Accepted ones whose sender, number and content had been accepted before. */
  readonly duplicates: number;
  readonly receiptsSent: number;
  readonly receiptsAcknowledged: number;
  readonly receiptsPending: number;
  readonly inboundSent: number;
  readonly counters: SmppCounters;
}

export interface Simulator {
  readonly port: number;
  stats(): SimulatorStats;
  /** Sends a subscriber's message to a bound receiver; false when there is none. */
  sendInbound(from: string, to: string, text: string): Promise<boolean>;
  /** Ends every connection at once, without unbind. */
  dropConnections(): void;
  close(): Promise<void>;
}

interface Receiver {
  readonly session: SmppSession;
  readonly receives: boolean;
}

const DEFAULT_WINDOW = 500;
/** How soon a receipt that was refused is sent again. */
const RETRY_MS = 500;

/** The last digits of a destination decide: every run is the same. */
const REFUSED_ENDING = "999";
const UNDELIVERED_ENDING = "998";
const THROTTLED_ONCE_ENDING = "997";

/** An SMSC that delivers to nobody: real SMPP over TCP, made-up receipts. Resolves when it listens. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const simulator = new SmscSimulator(options);
  await simulator.listen();
  return simulator;
}

class SmscSimulator implements Simulator {
  readonly #options: SimulatorOptions;
  readonly #now: () => number;
  readonly #counters = createSmppCounters();
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#connect(socket));
  readonly #journal: Journal;
  readonly #bound = new Map<string, Receiver[]>();
  /** Receipts owed that are not being sent now, by system_id, in order of `dueAt` while the delay is constant. */
  readonly #owed = new Map<string, OwedReceipt[]>();
  readonly #throttledOnce = new Set<number>();
  readonly #repetitions = createRepetitionCounter();
  readonly #ticker: NodeJS.Timeout;
  readonly #run = randomBytes(3).toString("hex");
  #pending = 0;
  #nextId = 0;
  #answers: (() => void)[] = [];
  readonly #counts = {
    submitted: 0,
    accepted: 0,
    refused: 0,
    throttled: 0,
    receiptsSent: 0,
    receiptsAcknowledged: 0,
    inboundSent: 0,
  };

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => Date.now());
    const { journal, restored } =
      options.file === undefined ? { journal: memoryJournal, restored: [] } : openJournal(options.file);
    this.#journal = journal;
    for (const receipt of restored) this.#enqueue(receipt);
    this.#ticker = setInterval(() => this.#pumpAll(), 5);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.port, this.#options.host ?? "127.0.0.1", resolve);
    });
  }

  stats(): SimulatorStats {
    return {
      connections: this.#sockets.size,
      bound: [...this.#bound.values()].reduce((sum, receivers) => sum + receivers.length, 0),
      ...this.#counts,
      duplicates: this.#repetitions.repeated(),
      receiptsPending: this.#pending,
      counters: { ...this.#counters },
    };
  }

  async sendInbound(from: string, to: string, text: string): Promise<boolean> {
    const receiver = [...this.#bound.values()].flat().find(({ receives }) => receives);
    if (receiver === undefined) return false;
    this.#counts.inboundSent += 1;
    const outcome = await receiver.session.request("deliver_sm", {
      source_addr_ton: 1,
      source_addr_npi: 1,
      source_addr: from.replace("+", ""),
      dest_addr_ton: to.startsWith("+") ? 1 : 0,
      dest_addr_npi: 1,
      destination_addr: to.replace("+", ""),
      short_message: Buffer.from(text, "latin1"),
      data_coding: 3,
    });
    return outcome.kind === "response" && outcome.pdu.status === 0;
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    clearInterval(this.#ticker);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.dropConnections();
    await closed;
    this.#journal.close();
  }

  #connect(socket: Socket): void {
    this.#sockets.add(socket);
    let boundAs: string | null = null;
    const session = createSmppSession(socket, {
      counters: this.#counters,
      now: this.#now,
      ...(this.#options.timers === undefined ? {} : { timers: this.#options.timers }),
      onRequest: (pdu, from) => {
        if (isBind(pdu)) boundAs = this.#bind(pdu, from) ?? boundAs;
        else this.#request(pdu, from, boundAs);
      },
      onClose: () => {
        this.#sockets.delete(socket);
        if (boundAs === null) return;
        const remaining = (this.#bound.get(boundAs) ?? []).filter((receiver) => receiver.session !== session);
        this.#bound.set(boundAs, remaining);
      },
    });
  }

  #bind(pdu: BindPdu, session: SmppSession): string | null {
    const { system_id: systemId, password } = pdu.body;
    const { accounts } = this.#options;
    if (accounts !== undefined && accounts[systemId] !== password) {
      session.respond(responseTo(pdu.command), pdu.sequence, STATUS.ESME_RBINDFAIL.code);
      return null;
    }
    const receivers = this.#bound.get(systemId) ?? [];
    this.#bound.set(systemId, receivers);
    receivers.push({ session, receives: pdu.command !== "bind_transmitter" });
    session.markBound();
    session.respond(responseTo(pdu.command), pdu.sequence, 0, { system_id: "simulator" });
    return systemId;
  }

  #request(pdu: RequestPdu, session: SmppSession, boundAs: string | null): void {
    if (pdu.command === "unbind") {
      session.respond("unbind_resp", pdu.sequence, 0);
      session.end("peer");
    } else if (boundAs === null) {
      session.respond(responseTo(pdu.command), pdu.sequence, STATUS.ESME_RINVBNDSTS.code);
    } else if (pdu.command === "submit_sm") this.#submit(pdu, session, boundAs);
    else session.respond(responseTo(pdu.command), pdu.sequence, STATUS.ESME_RINVCMDID.code);
  }

  #submit(pdu: Pdu<"submit_sm">, session: SmppSession, systemId: string): void {
    this.#counts.submitted += 1;
    const { body } = pdu;
    const to = body.destination_addr;
    if (to.endsWith(REFUSED_ENDING)) {
      this.#counts.refused += 1;
      session.respond("submit_sm_resp", pdu.sequence, STATUS.ESME_RINVDSTADR.code);
      return;
    }
    const content = pdu.tlvs.message_payload ?? body.short_message;
    const fingerprint = hash32(to, content, hash32(body.source_addr, NO_OCTETS, 0));
    if (to.endsWith(THROTTLED_ONCE_ENDING) && !this.#throttledOnce.has(fingerprint)) {
      this.#throttledOnce.add(fingerprint);
      this.#counts.throttled += 1;
      session.respond("submit_sm_resp", pdu.sequence, STATUS.ESME_RTHROTTLED.code);
      return;
    }
    this.#counts.accepted += 1;
    this.#repetitions.add(fingerprint, hash32(body.source_addr, content, 0x9e3779b9));
    this.#nextId += 1;
    const id = `${this.#run}${this.#nextId.toString().padStart(10, "0")}`;
    if ((body.registered_delivery & 0x03) !== 0) {
      const failed =
        to.endsWith(UNDELIVERED_ENDING) ||
        hash32(to, content, this.#options.seed ?? 1) / 2 ** 32 < this.#options.failureRate;
      const now = this.#now();
      const receipt: OwedReceipt = {
        id,
        systemId,
        state: failed ? "UNDELIV" : "DELIVRD",
        from: { ton: body.source_addr_ton, npi: body.source_addr_npi, address: body.source_addr },
        to: { ton: body.dest_addr_ton, npi: body.dest_addr_npi, address: to },
        submittedAt: now,
        dueAt: now + Math.max(0, this.#options.receiptDelayMs),
      };
      this.#journal.owed(receipt);
      this.#enqueue(receipt);
      if (this.#options.receiptDelayMs < 0) this.#pump(systemId);
    }
    this.#answer(() => session.respond("submit_sm_resp", pdu.sequence, 0, { message_id: id }));
  }

  /** Answers of one turn of the event loop leave after one write to the journal. */
  #answer(respond: () => void): void {
    this.#answers.push(respond);
    if (this.#answers.length > 1) return;
    setImmediate(() => {
      const answers = this.#answers;
      this.#answers = [];
      this.#journal.flush();
      for (const each of answers) each();
    });
  }

  #enqueue(receipt: OwedReceipt): void {
    const owed = this.#owed.get(receipt.systemId);
    if (owed === undefined) this.#owed.set(receipt.systemId, [receipt]);
    else owed.push(receipt);
    this.#pending += 1;
  }

  #pumpAll(): void {
    for (const systemId of this.#owed.keys()) this.#pump(systemId);
    this.#journal.flush();
  }

  #pump(systemId: string): void {
    const owed = this.#owed.get(systemId) ?? [];
    const now = this.#now();
    let taken = 0;
    for (const receipt of owed) {
      if (receipt.dueAt > now) break;
      const session = this.#freest(systemId);
      if (session === null) break;
      taken += 1;
      void this.#deliver(receipt, session);
    }
    if (taken > 0) this.#owed.set(systemId, owed.slice(taken));
  }

  async #deliver(receipt: OwedReceipt, session: SmppSession): Promise<void> {
    const state = MESSAGE_STATES[receipt.state];
    const doneAt = this.#now();
    const text = formatReceiptText({
      messageId: receipt.id,
      state: receipt.state,
      submittedAt: receipt.submittedAt,
      doneAt,
      error: state.delivered ? "000" : "001",
    });
    this.#counts.receiptsSent += 1;
    const outcome = await session.request(
      "deliver_sm",
      {
        ...addresses(receipt.to, receipt.from),
        esm_class: ESM_CLASS_RECEIPT,
        short_message: Buffer.from(text, "latin1"),
      },
      { receipted_message_id: receipt.id, message_state: state.code },
    );
    this.#pending -= 1;
    if (outcome.kind === "response" && outcome.pdu.status === 0) {
      this.#counts.receiptsAcknowledged += 1;
      this.#journal.acknowledged(receipt.id);
      return;
    }
    this.#enqueue({ ...receipt, dueAt: this.#now() + (outcome.kind === "closed" ? 0 : RETRY_MS) });
  }

  #freest(systemId: string): SmppSession | null {
    let best: SmppSession | null = null;
    for (const { session, receives } of this.#bound.get(systemId) ?? []) {
      if (!receives || !session.writable || session.inFlight >= (this.#options.window ?? DEFAULT_WINDOW))
        continue;
      if (best === null || session.inFlight < best.inFlight) best = session;
    }
    return best;
  }
}

const NO_OCTETS = new Uint8Array(0);

type BindPdu = Extract<RequestPdu, { command: `bind_${string}` }>;

function isBind(pdu: RequestPdu): pdu is BindPdu {
  return pdu.command.startsWith("bind_");
}

function addresses(source: Address, destination: Address) {
  return {
    source_addr_ton: source.ton,
    source_addr_npi: source.npi,
    source_addr: source.address,
    dest_addr_ton: destination.ton,
    dest_addr_npi: destination.npi,
    destination_addr: destination.address,
  };
}
