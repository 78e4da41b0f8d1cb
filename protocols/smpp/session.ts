import type { Socket } from "node:net";
import { decodePdu, pduLength, writePdu } from "./codec.ts";
import type { OutgoingPdu } from "./codec.ts";
import { createFramer, MAX_PDU_LENGTH } from "./framing.ts";
import { createLinkTimers, DEFAULT_LINK_TIMERS } from "./link-timers.ts";
import type { LinkAction, LinkTimerLimits } from "./link-timers.ts";
import { PDUS, isResponseId } from "./pdus.ts";
import type { Body, Command, InvalidPdu, Pdu, RequestCommand, ResponseCommand, Tlvs } from "./pdus.ts";
import { STATUS } from "./status.ts";

/** Why a session ended. `peer`: the other side closed; `protocol`: its octets could not be followed. */
export type CloseReason =
  | "peer"
  | "local"
  | "protocol"
  | "socket_error"
  | "slow_reader"
  | Exclude<LinkAction, "none" | "enquire">;

/** What became of a request: its response, no answer in time, or the session's end before an answer. */
export type RequestOutcome =
  | { readonly kind: "response"; readonly pdu: Pdu }
  | { readonly kind: "timeout" }
  | { readonly kind: "closed" };

/** Counts over all sessions of a process, since its start. */
export interface SmppCounters {
  pdusReceived: number;
  pdusSent: number;
  /** Framed octets that are no valid PDU; answered with an error. */
  invalidPdus: number;
  /** Sessions ended for an impossible length: HTTP, oversized or garbage. */
  framingErrors: number;
  /** Sessions that ended, or were ended, within a PDU. */
  truncatedPdus: number;
  responseTimeouts: number;
  /** Responses to no open request: late, repeated or invented. */
  unexpectedResponses: number;
  socketErrors: number;
  /** Sessions ended because their peer did not read. */
  slowReaders: number;
}

export function createSmppCounters(): SmppCounters {
  return {
    pdusReceived: 0,
    pdusSent: 0,
    invalidPdus: 0,
    framingErrors: 0,
    truncatedPdus: 0,
    responseTimeouts: 0,
    unexpectedResponses: 0,
    socketErrors: 0,
    slowReaders: 0,
  };
}

export type RequestPdu = { [Name in RequestCommand]: Pdu<Name> }[RequestCommand];

export interface SessionOptions {
  readonly timers?: Partial<LinkTimerLimits>;
  readonly maxPduLength?: number;
  readonly counters: SmppCounters;
  readonly now: () => number;
  /** A request other than enquire_link, which the session answers itself. Must not throw. */
  readonly onRequest: (pdu: RequestPdu, session: SmppSession) => void;
  /** Called once; every open request has its outcome by then. */
  readonly onClose: (reason: CloseReason, session: SmppSession) => void;
}

export interface SmppSession {
  /** Requests sent and not answered yet. */
  readonly inFlight: number;
  readonly closed: boolean;
  /** Whether a request can still be sent: false from the moment the session is being ended, before it is closed. */
  readonly writable: boolean;
  readonly remoteAddress: string;
  request<Name extends RequestCommand>(
    command: Name,
    body: Partial<Body<Name>>,
    tlvs?: Tlvs,
  ): Promise<RequestOutcome>;
  respond<Name extends ResponseCommand>(
    command: Name,
    sequence: number,
    status: number,
    body?: Partial<Body<Name>>,
    tlvs?: Tlvs,
  ): void;
  /** Ends the session-init timer and starts enquire_link. */
  markBound(): void;
  /** Writes what is left and closes; the peer gets a short time to close its side. */
  end(reason?: CloseReason): void;
  destroy(reason?: CloseReason): void;
}

/** One write to the socket carries many PDUs: a system call costs several times what a PDU does. */
const CHUNK_LENGTH = 32_768;
/** A peer that leaves 4 MiB unread is not reading: tens of thousands of PDUs. */
const MAX_UNREAD_OCTETS = 4_194_304;
const HIGHEST_SEQUENCE = 0x7fffffff;
const CLOSE_GRACE_MS = 1_000;
const TICKS_PER_LIMIT = 4;
const LONGEST_TICK_MS = 1_000;

interface OpenRequest {
  readonly deadline: number;
  readonly resolve: (outcome: RequestOutcome) => void;
}

const TIMEOUT: RequestOutcome = { kind: "timeout" };
const CLOSED: RequestOutcome = { kind: "closed" };

/** The name of a request's response. */
export function responseTo(command: RequestCommand): ResponseCommand {
  return `${command}_resp` as ResponseCommand;
}

const COMMAND_OF_ID = new Map<number, Command>(
  Object.entries(PDUS).map(([name, { id }]) => [id, name as Command]),
);

/**
 * SMPP over one connected socket, either side. It frames, reads and writes PDUs, matches responses to requests,
 * keeps the timers and answers enquire_link; it never throws from a socket's event.
 */
export function createSmppSession(socket: Socket, options: SessionOptions): SmppSession {
  return new SocketSession(socket, options);
}

class SocketSession implements SmppSession {
  closed = false;
  readonly remoteAddress: string;
  readonly #socket: Socket;
  readonly #options: SessionOptions;
  readonly #counters: SmppCounters;
  readonly #limits: LinkTimerLimits;
  readonly #timers: ReturnType<typeof createLinkTimers>;
  readonly #framer: ReturnType<typeof createFramer>;
  readonly #open = new Map<number, OpenRequest>();
  readonly #ticker: NodeJS.Timeout;
  #reason: CloseReason = "peer";
  #sequence = 0;
  #chunk = Buffer.allocUnsafeSlow(CHUNK_LENGTH);
  #chunkStart = 0;
  #chunkEnd = 0;
  #flushScheduled = false;
  #now: number;

  constructor(socket: Socket, options: SessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#counters = options.counters;
    this.#limits = { ...DEFAULT_LINK_TIMERS, ...options.timers };
    this.#now = options.now();
    this.#timers = createLinkTimers(this.#limits, this.#now);
    this.remoteAddress = socket.remoteAddress ?? "";
    this.#framer = createFramer(this.#receive.bind(this), options.maxPduLength ?? MAX_PDU_LENGTH);
    const shortest = Math.min(
      this.#limits.sessionInitMs,
      this.#limits.enquireLinkMs,
      this.#limits.responseMs,
      this.#limits.pduReadMs,
    );
    this.#ticker = setInterval(
      this.#tick.bind(this),
      Math.min(LONGEST_TICK_MS, Math.ceil(shortest / TICKS_PER_LIMIT)),
    );
    socket.setNoDelay(true);
    socket.on("data", this.#data.bind(this));
    socket.on("error", () => {
      this.#counters.socketErrors += 1;
      if (this.#reason === "peer") this.#reason = "socket_error";
    });
    socket.on("close", this.#finish.bind(this));
  }

  get inFlight(): number {
    return this.#open.size;
  }

  get writable(): boolean {
    return !this.closed && this.#socket.writable;
  }

  request<Name extends RequestCommand>(
    command: Name,
    body: Partial<Body<Name>>,
    tlvs?: Tlvs,
  ): Promise<RequestOutcome> {
    if (!this.writable) return Promise.resolve(CLOSED);
    return new Promise((resolve) => {
      this.#sequence = this.#sequence === HIGHEST_SEQUENCE ? 1 : this.#sequence + 1;
      const sequence = this.#sequence;
      // Written first: a value that does not fit its field throws here and leaves nothing open.
      this.#write(tlvs === undefined ? { command, sequence, body } : { command, sequence, body, tlvs });
      this.#open.set(sequence, { deadline: this.#now + this.#limits.responseMs, resolve });
      if (command !== "enquire_link") this.#timers.active(this.#now);
    });
  }

  respond<Name extends ResponseCommand>(
    command: Name,
    sequence: number,
    status: number,
    body?: Partial<Body<Name>>,
    tlvs?: Tlvs,
  ): void {
    if (!this.writable) return;
    this.#write({
      command,
      sequence,
      status,
      ...(body === undefined ? {} : { body }),
      ...(tlvs === undefined ? {} : { tlvs }),
    });
  }

  markBound(): void {
    this.#timers.bound(this.#now);
  }

  end(reason: CloseReason = "local"): void {
    if (this.closed) return;
    this.#reason = reason;
    this.#flush();
    this.#socket.end();
    const giveUp = setTimeout(() => this.#socket.destroy(), CLOSE_GRACE_MS);
    this.#socket.once("close", () => clearTimeout(giveUp));
  }

  destroy(reason: CloseReason = "local"): void {
    if (this.closed) return;
    this.#reason = reason;
    this.#socket.destroy();
  }

  #write(pdu: OutgoingPdu): void {
    const length = pduLength(pdu);
    if (this.#chunkEnd + length > this.#chunk.length) {
      this.#flush();
      this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_LENGTH, length));
      this.#chunkStart = 0;
      this.#chunkEnd = 0;
    }
    writePdu(this.#chunk, this.#chunkEnd, pdu, length);
    this.#chunkEnd += length;
    this.#counters.pdusSent += 1;
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#scheduledFlush);
  }

  readonly #scheduledFlush = (): void => {
    this.#flushScheduled = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#chunkEnd === this.#chunkStart || !this.#socket.writable) return;
    this.#socket.write(this.#chunk.subarray(this.#chunkStart, this.#chunkEnd));
    this.#chunkStart = this.#chunkEnd;
    if (this.#socket.writableLength > MAX_UNREAD_OCTETS) {
      this.#counters.slowReaders += 1;
      this.destroy("slow_reader");
    }
  }

  #data(chunk: Buffer): void {
    this.#now = this.#options.now();
    this.#timers.received(this.#now);
    const followed = this.#framer.push(chunk);
    this.#timers.incomplete(this.#now, this.#framer.pending());
    if (followed || this.closed) return;
    this.#counters.framingErrors += 1;
    this.respond("generic_nack", 0, STATUS.ESME_RINVCMDLEN.code);
    // No further octet of this stream can be given a meaning.
    this.#socket.removeAllListeners("data");
    this.#socket.resume();
    this.end("protocol");
  }

  #receive(buffer: Buffer, start: number, end: number): void {
    if (this.closed) return;
    this.#counters.pdusReceived += 1;
    const pdu = decodePdu(buffer, start, end);
    if (pdu.command === "invalid") this.#refuse(pdu);
    else if (pdu.command === "enquire_link") this.respond("enquire_link_resp", pdu.sequence, 0);
    else if (isResponse(pdu)) this.#settle(pdu.sequence, { kind: "response", pdu });
    else {
      this.#timers.active(this.#now);
      this.#options.onRequest(pdu, this);
    }
  }

  /** §3.3, §4.3: an unknown command is answered by generic_nack, a known one by its own response. */
  #refuse(pdu: InvalidPdu): void {
    this.#counters.invalidPdus += 1;
    if (isResponseId(pdu.commandId)) {
      // Its request is answered all the same, or it would wait for the timeout.
      const response = COMMAND_OF_ID.get(pdu.commandId) ?? "generic_nack";
      this.#settle(pdu.sequence, {
        kind: "response",
        pdu: { command: response, status: pdu.status, sequence: pdu.sequence, body: {}, tlvs: {} } as Pdu,
      });
      return;
    }
    const command = COMMAND_OF_ID.get(pdu.commandId);
    if (command === undefined) this.respond("generic_nack", pdu.sequence, pdu.status);
    else this.respond(responseTo(command as RequestCommand), pdu.sequence, pdu.status);
  }

  #settle(sequence: number, outcome: RequestOutcome): void {
    const open = this.#open.get(sequence);
    if (open === undefined) {
      this.#counters.unexpectedResponses += 1;
      return;
    }
    this.#open.delete(sequence);
    open.resolve(outcome);
  }

  #tick(): void {
    this.#now = this.#options.now();
    // In order of sending, and all with the same limit: the first that has time left ends the search.
    for (const [sequence, { deadline }] of this.#open) {
      if (deadline > this.#now) break;
      this.#counters.responseTimeouts += 1;
      this.#settle(sequence, TIMEOUT);
    }
    const action = this.#timers.tick(this.#now);
    if (action === "none") return;
    if (action === "enquire") void this.request("enquire_link", {});
    else if (action === "end_silent") this.destroy(action);
    else this.end(action);
  }

  #finish(): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.#ticker);
    if (this.#framer.pending() > 0 && this.#reason !== "protocol") this.#counters.truncatedPdus += 1;
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { resolve } of open) resolve(CLOSED);
    this.#options.onClose(this.#reason, this);
  }
}

function isResponse(pdu: Pdu): pdu is Pdu<ResponseCommand> {
  return isResponseId(PDUS[pdu.command].id);
}
