import { connect } from "node:net";
import { Backoff } from "./backoff.ts";
import type { LinkTimerLimits } from "./link-timers.ts";
import type { Body, Pdu, Tlvs } from "./pdus.ts";
import { createSmppSession, responseTo } from "./session.ts";
import type { CloseReason, RequestOutcome, RequestPdu, SmppCounters, SmppSession } from "./session.ts";
import { SendQueue } from "./send-queue.ts";
import type { QueuedSubmit, SubmitOutcome } from "./send-queue.ts";
import { STATUS, statusName } from "./status.ts";

export type { SubmitOutcome };

export type BindType = "transceiver" | "transmitter" | "receiver";

export interface SmppClientOptions {
  readonly host: string;
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
  readonly systemType?: string;
  readonly bindType?: BindType;
  /** Connections bound at the same time. */
  readonly binds?: number;
  /** Most unanswered submit_sm per connection. */
  readonly window: number;
  /** Most submissions that wait for a slot; a further one is `full` at once. */
  readonly maxQueued?: number;
  readonly timers?: Partial<LinkTimerLimits>;
  readonly reconnect?: { readonly firstMs: number; readonly maxMs: number };
  readonly counters: SmppCounters;
  readonly now: () => number;
  /** 0 ≤ r < 1: the jitter of reconnecting. */
  readonly random: () => number;
  /** A deliver_sm; the returned command_status answers it. A rejection answers ESME_RX_T_APPN: the SMSC tries again. */
  readonly onDeliver?: (pdu: Pdu<"deliver_sm">) => Promise<number>;
  readonly onState?: (event: ClientEvent) => void;
  /** Most deliver_sm being handled; further ones are answered ESME_RMSGQFUL: the SMSC tries again. */
  readonly maxDelivering?: number;
}

export type ClientEvent =
  | { readonly kind: "bound"; readonly bound: number }
  | { readonly kind: "unbound"; readonly bound: number; readonly reason: CloseReason }
  | { readonly kind: "bind_refused"; readonly code: string };

export interface SmppClient {
  readonly bound: number;
  readonly queued: number;
  readonly inFlight: number;
  readonly delivering: number;
  /** @param deadline epoch ms until which it may wait for a slot. */
  submit(
    body: Partial<Body<"submit_sm">>,
    tlvs: Tlvs | undefined,
    deadline: number,
    first?: boolean,
  ): Promise<SubmitOutcome>;
  /** Sends nothing until `until` (epoch ms): the peer throttles. */
  pauseUntil(until: number): void;
  /** Resolves at the next moment with a connection bound; rejects when the client is stopped first. */
  whenBound(): Promise<void>;
  /** Finishes what is in flight and queued for up to `graceMs`, then unbinds and closes. */
  stop(graceMs?: number): Promise<void>;
}

/** Enough for ten Kafka batches of a thousand; callers wait, so more would only hide that the carrier is slow. */
const DEFAULT_MAX_QUEUED = 10_000;
const DEFAULT_MAX_DELIVERING = 2_000;
const DEFAULT_RECONNECT = { firstMs: 200, maxMs: 10_000 };
const SWEEP_MS = 250;
const UNBIND_ANSWER_MS = 1_000;

/** SMPP 3.4's interface_version. */
const INTERFACE_VERSION = 0x34;

/**
 * An ESME's side of SMPP: keeps its connections bound, reconnects with backoff and jitter, and sends submissions as slots of the
 * windows become free. It never throws from a socket.
 */
export function createSmppClient(options: SmppClientOptions): SmppClient {
  return new BoundClient(options);
}

class BoundClient implements SmppClient {
  readonly #options: SmppClientOptions;
  readonly #sessions: SmppSession[] = [];
  readonly #connecting = new Set<SmppSession>();
  readonly #queue: SendQueue;
  readonly #sweeper: NodeJS.Timeout;
  readonly #reconnects = new Set<NodeJS.Timeout>();
  #boundWaiters: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #pausedUntil = 0;
  #resume: NodeJS.Timeout | null = null;
  #delivering = 0;
  #stopping = false;

  constructor(options: SmppClientOptions) {
    this.#options = options;
    this.#queue = new SendQueue(options.maxQueued ?? DEFAULT_MAX_QUEUED);
    this.#sweeper = setInterval(() => this.#queue.expire(options.now()), SWEEP_MS);
    const { firstMs, maxMs } = options.reconnect ?? DEFAULT_RECONNECT;
    for (let index = 0; index < (options.binds ?? 1); index += 1) {
      this.#connect(new Backoff(firstMs, maxMs, options.random));
    }
  }

  get bound(): number {
    return this.#sessions.length;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get inFlight(): number {
    return this.#sessions.reduce((sum, session) => sum + session.inFlight, 0);
  }

  get delivering(): number {
    return this.#delivering;
  }

  submit(
    body: Partial<Body<"submit_sm">>,
    tlvs: Tlvs | undefined,
    deadline: number,
    first: boolean = false,
  ): Promise<SubmitOutcome> {
    if (this.#stopping) return Promise.resolve({ kind: "stopped" });
    return new Promise((resolve) => {
      if (!this.#queue.push({ body, tlvs, deadline, resolve }, first)) resolve({ kind: "full" });
      else this.#pump();
    });
  }

  pauseUntil(until: number): void {
    if (until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    if (this.#resume !== null) clearTimeout(this.#resume);
    this.#resume = setTimeout(
      () => {
        // A timer may come a moment before its time by the clock: it ends the pause all the same.
        this.#pausedUntil = 0;
        this.#pump();
      },
      Math.max(0, until - this.#options.now()),
    );
  }

  whenBound(): Promise<void> {
    if (this.#sessions.length > 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#boundWaiters.push({ resolve, reject }));
  }

  async stop(graceMs: number = 5_000): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const end = this.#options.now() + graceMs;
    while (
      this.#options.now() < end &&
      this.bound > 0 &&
      this.inFlight + this.queued + this.#delivering > 0
    ) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const timer of this.#reconnects) clearTimeout(timer);
    clearInterval(this.#sweeper);
    if (this.#resume !== null) clearTimeout(this.#resume);
    this.#queue.expire(Number.POSITIVE_INFINITY);
    for (const { reject } of this.#boundWaiters.splice(0)) reject(new Error("stopped before it was bound"));
    for (const session of this.#connecting) session.destroy();
    await Promise.all(
      this.#sessions.map(async (session) => {
        const answer = new Promise((resolve) => setTimeout(resolve, UNBIND_ANSWER_MS));
        await Promise.race([session.request("unbind", {}), answer]);
        session.end();
      }),
    );
  }

  #connect(backoff: Backoff): void {
    const { host, port } = this.#options;
    const socket = connect({ host, port });
    let isBound = false;
    const session = createSmppSession(socket, {
      counters: this.#options.counters,
      now: this.#options.now,
      ...(this.#options.timers === undefined ? {} : { timers: this.#options.timers }),
      onRequest: this.#request.bind(this),
      onClose: (reason, closed) => {
        this.#connecting.delete(closed);
        const index = this.#sessions.indexOf(closed);
        if (index >= 0) this.#sessions.splice(index, 1);
        if (isBound) this.#options.onState?.({ kind: "unbound", bound: this.bound, reason });
        this.#reconnect(backoff);
      },
    });
    this.#connecting.add(session);
    socket.once("connect", () => {
      void this.#bind(session).then((accepted) => {
        if (!accepted || session.closed) return session.destroy();
        isBound = true;
        backoff.reset();
        this.#connecting.delete(session);
        this.#sessions.push(session);
        session.markBound();
        this.#options.onState?.({ kind: "bound", bound: this.bound });
        for (const { resolve } of this.#boundWaiters.splice(0)) resolve();
        this.#pump();
      });
    });
  }

  #reconnect(backoff: Backoff): void {
    if (this.#stopping) return;
    const timer = setTimeout(() => {
      this.#reconnects.delete(timer);
      this.#connect(backoff);
    }, backoff.next());
    this.#reconnects.add(timer);
  }

  async #bind(session: SmppSession): Promise<boolean> {
    const { systemId, password, systemType, bindType } = this.#options;
    const outcome = await session.request(`bind_${bindType ?? "transceiver"}`, {
      system_id: systemId,
      password,
      system_type: systemType ?? "",
      interface_version: INTERFACE_VERSION,
    });
    if (outcome.kind !== "response") return false;
    if (outcome.pdu.status === 0) return true;
    this.#options.onState?.({ kind: "bind_refused", code: statusName(outcome.pdu.status) });
    return false;
  }

  #request(pdu: RequestPdu, session: SmppSession): void {
    if (pdu.command === "deliver_sm") void this.#deliver(pdu, session);
    else if (pdu.command === "unbind") {
      session.respond("unbind_resp", pdu.sequence, 0);
      session.end("peer");
    } else session.respond(responseTo(pdu.command), pdu.sequence, STATUS.ESME_RINVCMDID.code);
  }

  async #deliver(pdu: Pdu<"deliver_sm">, session: SmppSession): Promise<void> {
    const { onDeliver, maxDelivering } = this.#options;
    if (onDeliver === undefined)
      return session.respond("deliver_sm_resp", pdu.sequence, STATUS.ESME_RX_P_APPN.code);
    if (this.#delivering >= (maxDelivering ?? DEFAULT_MAX_DELIVERING)) {
      return session.respond("deliver_sm_resp", pdu.sequence, STATUS.ESME_RMSGQFUL.code);
    }
    this.#delivering += 1;
    let status: number;
    try {
      status = await onDeliver(pdu);
    } catch {
      status = STATUS.ESME_RX_T_APPN.code;
    }
    this.#delivering -= 1;
    session.respond("deliver_sm_resp", pdu.sequence, status);
  }

  #pump(): void {
    if (this.#options.now() < this.#pausedUntil) return;
    while (this.#queue.length > 0) {
      const session = this.#freest();
      if (session === null) return;
      const item = this.#queue.shift();
      if (item === undefined) return;
      session.request("submit_sm", item.body, item.tlvs).then(
        (outcome) => this.#answer(item, session, outcome),
        // A value that its field cannot hold: as the peer would answer it.
        () => item.resolve({ kind: "answered", status: STATUS.ESME_RINVPARLEN.code, messageId: "" }),
      );
    }
  }

  #answer(item: QueuedSubmit, session: SmppSession, outcome: RequestOutcome): void {
    if (outcome.kind === "response") {
      const messageId = outcome.pdu.command === "submit_sm_resp" ? outcome.pdu.body.message_id : "";
      item.resolve({ kind: "answered", status: outcome.pdu.status, messageId });
    } else {
      // A session that does not answer is not worth its slot.
      if (outcome.kind === "timeout") session.destroy("end_silent");
      item.resolve({ kind: "lost" });
    }
    this.#pump();
  }

  #freest(): SmppSession | null {
    let best: SmppSession | null = null;
    for (const session of this.#sessions) {
      if (!session.writable || session.inFlight >= this.#options.window) continue;
      if (best === null || session.inFlight < best.inFlight) best = session;
    }
    return best;
  }
}
