import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Clock } from "#domain/clock.ts";
import type { AcceptOutcome, Submission } from "#domain/messages/submission.ts";
import type { SmppAccounts } from "#domain/sms/ports.ts";
import type { LinkTimerLimits } from "#protocols/smpp/link-timers.ts";
import type { Pdu } from "#protocols/smpp/pdus.ts";
import { createSmppSession, responseTo } from "#protocols/smpp/session.ts";
import type { RequestPdu, SmppCounters, SmppSession } from "#protocols/smpp/session.ts";
import { STATUS } from "#protocols/smpp/status.ts";
import { createBindGuard } from "./bind-guard.ts";
import type { BindGuard, BindGuardLimits } from "./bind-guard.ts";
import type { EsmeSessions } from "./esme-sessions.ts";
import { readSubmit, REFUSAL_STATUS } from "./submit.ts";

export interface SmppServerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly timers?: Partial<LinkTimerLimits>;
  /** Unanswered submit_sm per session; beyond it ESME_RTHROTTLED. */
  readonly window?: number;
  /** Sessions bound at the same time per system_id. */
  readonly maxBinds?: number;
  readonly maxConnections?: number;
  /** A refused bind is answered this much later, so that guessing is slow. */
  readonly refusalDelayMs?: number;
  readonly bindGuard?: BindGuardLimits;
}

export interface SmppServerDependencies {
  readonly accounts: SmppAccounts;
  /** Resolves when the message is durable or refused; see AcceptQueue in pipeline/ingress. Must not reject. */
  readonly submit: (submission: Submission) => Promise<AcceptOutcome>;
  readonly sessions: EsmeSessions;
  readonly counters: SmppCounters;
  readonly clock: Clock;
  readonly onBind?: (event: BindEvent) => void;
}

export interface BindEvent {
  readonly outcome: "bound" | "refused" | "locked" | "unavailable" | "unbound";
  readonly systemId: string;
  readonly remoteAddress: string;
}

export interface SmppServerStats {
  readonly connections: number;
  readonly bound: number;
  readonly unanswered: number;
  readonly submitted: number;
  readonly accepted: number;
  readonly refused: number;
  readonly throttled: number;
  readonly bindFailures: number;
}

/** In the form of a Closable. */
export interface SmppServer {
  readonly name: string;
  readonly port: number;
  stats(): SmppServerStats;
  /** Takes nothing new, answers what was taken, unbinds every session. */
  close(): Promise<void>;
}

/** ESMEs commonly use 10 to 100; a thousand unanswered are a second of one session's traffic. */
const DEFAULT_WINDOW = 1_000;
const DEFAULT_MAX_BINDS = 10;
const DEFAULT_MAX_CONNECTIONS = 1_000;
const DEFAULT_REFUSAL_DELAY_MS = 1_000;
const SERVER_TIMERS = { inactivityMs: 300_000 };
/** SMPP 3.4 in bind_*_resp's sc_interface_version; older ESMEs know no optional parameters. */
const INTERFACE_VERSION = 0x34;
const DRAIN_MS_MAX = 5_000;
const UNBIND_MS_MAX = 500;

interface Account {
  readonly systemId: string;
  readonly tenantId: string;
}

interface Connection {
  readonly session: SmppSession;
  account: Account | null;
  transmits: boolean;
  binding: boolean;
  unanswered: number;
}

/** The SMPP door: ESMEs bind, submit, and receive their receipts through `sessions`. Resolves when it listens. */
export async function startSmppServer(
  options: SmppServerOptions,
  dependencies: SmppServerDependencies,
): Promise<SmppServer> {
  const door = new Door(options, dependencies);
  await door.listen();
  return door;
}

class Door implements SmppServer {
  readonly name = "smpp server";
  readonly #options: SmppServerOptions;
  readonly #dependencies: SmppServerDependencies;
  readonly #server: Server;
  readonly #guard: BindGuard;
  readonly #connections = new Map<SmppSession, Connection>();
  readonly #counts = { submitted: 0, accepted: 0, refused: 0, throttled: 0, bindFailures: 0 };
  #closing = false;

  constructor(options: SmppServerOptions, dependencies: SmppServerDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#guard = createBindGuard(options.bindGuard);
    this.#server = createServer((socket) => this.#connect(socket));
    this.#server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off("error", reject);
        // EMFILE while accepting: the connections that stand go on.
        this.#server.on("error", () => (this.#dependencies.counters.socketErrors += 1));
        resolve();
      });
    });
  }

  stats(): SmppServerStats {
    const connections = [...this.#connections.values()];
    return {
      connections: connections.length,
      bound: connections.filter(({ account }) => account !== null).length,
      unanswered: connections.reduce((sum, { unanswered }) => sum + unanswered, 0),
      ...this.#counts,
    };
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const { clock } = this.#dependencies;
    const deadline = clock.now() + DRAIN_MS_MAX;
    while (this.stats().unanswered > 0 && clock.now() < deadline) await delay(10);
    await Promise.all(
      [...this.#connections.values()].map(async ({ session, account }) => {
        if (account !== null) await Promise.race([session.request("unbind", {}), delay(UNBIND_MS_MAX)]);
        session.end();
      }),
    );
    await closed;
  }

  #connect(socket: Socket): void {
    const { counters, clock } = this.#dependencies;
    const session = createSmppSession(socket, {
      counters,
      now: () => clock.now(),
      timers: { ...SERVER_TIMERS, ...this.#options.timers },
      onRequest: (pdu) => this.#request(connection, pdu),
      onClose: () => this.#disconnect(connection),
    });
    const connection: Connection = {
      session,
      account: null,
      transmits: false,
      binding: false,
      unanswered: 0,
    };
    this.#connections.set(session, connection);
    if (this.#closing) session.destroy();
  }

  #disconnect(connection: Connection): void {
    const { session, account } = connection;
    this.#connections.delete(session);
    if (account === null) return;
    connection.account = null;
    this.#dependencies.sessions.remove(account.systemId, session);
    this.#report("unbound", account.systemId, session);
  }

  #report(outcome: BindEvent["outcome"], systemId: string, { remoteAddress }: SmppSession): void {
    this.#dependencies.onBind?.({ outcome, systemId, remoteAddress });
  }

  #request(connection: Connection, pdu: RequestPdu): void {
    const { session } = connection;
    switch (pdu.command) {
      case "bind_receiver":
      case "bind_transmitter":
      case "bind_transceiver":
        void this.#bind(connection, pdu);
        return;
      case "submit_sm":
        this.#submit(connection, pdu);
        return;
      case "unbind":
        session.respond("unbind_resp", pdu.sequence, 0);
        session.end("peer");
        return;
      case "cancel_sm":
      case "data_sm":
      case "deliver_sm":
      case "enquire_link":
      case "query_sm":
      case "replace_sm": {
        const status = connection.account === null ? STATUS.ESME_RINVBNDSTS : STATUS.ESME_RINVCMDID;
        session.respond(responseTo(pdu.command), pdu.sequence, status.code);
      }
    }
  }

  async #bind(
    connection: Connection,
    pdu: Pdu<"bind_receiver"> | Pdu<"bind_transmitter"> | Pdu<"bind_transceiver">,
  ): Promise<void> {
    const { session } = connection;
    const response = responseTo(pdu.command);
    if (connection.account !== null || connection.binding) {
      return session.respond(response, pdu.sequence, STATUS.ESME_RALYBND.code);
    }
    connection.binding = true;
    const { system_id: systemId, password, interface_version: version } = pdu.body;
    const status = await this.#authenticate(connection, systemId, password, pdu.command);
    connection.binding = false;
    if (status !== STATUS.ESME_ROK.code) {
      await delay(this.#options.refusalDelayMs ?? DEFAULT_REFUSAL_DELAY_MS);
      session.respond(response, pdu.sequence, status);
      return session.end();
    }
    session.markBound();
    session.respond(
      response,
      pdu.sequence,
      0,
      { system_id: "catalyst" },
      version >= INTERFACE_VERSION ? { sc_interface_version: INTERFACE_VERSION } : undefined,
    );
    const receives = pdu.command !== "bind_transmitter";
    this.#dependencies.sessions.add(systemId, session, receives);
    this.#report("bound", systemId, session);
  }

  /** Makes the connection an account's, or says why not. */
  async #authenticate(
    connection: Connection,
    systemId: string,
    password: string,
    command: string,
  ): Promise<number> {
    const { session } = connection;
    const { accounts, clock, sessions } = this.#dependencies;
    const address = session.remoteAddress;
    if (!this.#guard.allowed(address, systemId, clock.now()))
      return this.#refuseBind("locked", systemId, session);
    let account: { readonly tenantId: string } | null;
    try {
      account = await accounts.authenticate(systemId, password);
    } catch {
      this.#report("unavailable", systemId, session);
      return STATUS.ESME_RSYSERR.code;
    }
    if (account === null) {
      this.#guard.failed(address, systemId, clock.now());
      return this.#refuseBind("refused", systemId, session);
    }
    this.#guard.succeeded(address, systemId);
    if (this.#closing || session.closed) return STATUS.ESME_RBINDFAIL.code;
    if (sessions.binds(systemId) >= (this.#options.maxBinds ?? DEFAULT_MAX_BINDS))
      return STATUS.ESME_RBINDFAIL.code;
    connection.account = { systemId, tenantId: account.tenantId };
    connection.transmits = command !== "bind_receiver";
    return STATUS.ESME_ROK.code;
  }

  #refuseBind(outcome: "refused" | "locked", systemId: string, session: SmppSession): number {
    this.#counts.bindFailures += 1;
    this.#report(outcome, systemId, session);
    // The same answer for an unknown name, a wrong password and a lock: nothing is learnt from it.
    return STATUS.ESME_RBINDFAIL.code;
  }

  #submit(connection: Connection, pdu: Pdu<"submit_sm">): void {
    const { session, account } = connection;
    this.#counts.submitted += 1;
    if (account === null || !connection.transmits)
      return this.#refuse(session, pdu, STATUS.ESME_RINVBNDSTS.code);
    if (connection.unanswered >= (this.#options.window ?? DEFAULT_WINDOW) || this.#closing) {
      this.#counts.throttled += 1;
      return this.#refuse(session, pdu, STATUS.ESME_RTHROTTLED.code);
    }
    const { submit, clock } = this.#dependencies;
    const read = readSubmit(pdu, account, clock.now());
    if (!read.ok) return this.#refuse(session, pdu, read.status);
    connection.unanswered += 1;
    submit(read.submission).then(
      (outcome) => this.#answer(connection, pdu, outcome),
      () => {
        connection.unanswered -= 1;
        this.#refuse(session, pdu, STATUS.ESME_RSYSERR.code);
      },
    );
  }

  #answer(connection: Connection, pdu: Pdu<"submit_sm">, outcome: AcceptOutcome): void {
    connection.unanswered -= 1;
    if (!outcome.ok) return this.#refuse(connection.session, pdu, STATUS[REFUSAL_STATUS[outcome.code]].code);
    this.#counts.accepted += 1;
    connection.session.respond("submit_sm_resp", pdu.sequence, 0, { message_id: outcome.messageId });
  }

  #refuse(session: SmppSession, pdu: Pdu<"submit_sm">, status: number): void {
    this.#counts.refused += 1;
    session.respond("submit_sm_resp", pdu.sequence, status);
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
