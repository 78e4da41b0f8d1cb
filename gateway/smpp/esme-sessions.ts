import type { Clock } from "#domain/clock.ts";
import type { Body, Tlvs } from "#protocols/smpp/pdus.ts";
import type { SmppSession } from "#protocols/smpp/session.ts";

export interface EsmeSessionsLimits {
  /** Unanswered deliver_sm per session. */
  readonly window: number;
  /** Receipts of one system_id that wait for a slot; further ones are stored instead. */
  readonly maxWaiting: number;
  /** How long an ESME that did not answer is given nothing but what is stored. */
  readonly slowMs: number;
}

const DEFAULT_LIMITS: EsmeSessionsLimits = { window: 200, maxWaiting: 2_000, slowMs: 10_000 };

/** `away`: nobody of that system_id is bound to receive, or it does not keep up. `failed`: no acknowledgement. */
export type DeliverOutcome = "acknowledged" | "failed" | "away";

interface Waiting {
  readonly body: Partial<Body<"deliver_sm">>;
  readonly tlvs: Tlvs;
  readonly resolve: (outcome: DeliverOutcome) => void;
}

interface Esme {
  readonly receivers: SmppSession[];
  waiting: Waiting[];
  slowUntil: number;
  binds: number;
}

/** The bound sessions of every system_id, and the way to them for deliver_sm. */
export class EsmeSessions {
  readonly #esmes = new Map<string, Esme>();
  readonly #limits: EsmeSessionsLimits;
  readonly #clock: Clock;
  /** Called when a session that receives has been bound. */
  onReceiver: ((systemId: string) => void) | null = null;

  constructor(clock: Clock, limits: Partial<EsmeSessionsLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  binds(systemId: string): number {
    return this.#esmes.get(systemId)?.binds ?? 0;
  }

  add(systemId: string, session: SmppSession, receives: boolean): void {
    const esme = this.#esmes.get(systemId) ?? { receivers: [], waiting: [], slowUntil: 0, binds: 0 };
    this.#esmes.set(systemId, esme);
    esme.binds += 1;
    if (!receives) return;
    esme.receivers.push(session);
    esme.slowUntil = 0;
    this.onReceiver?.(systemId);
  }

  remove(systemId: string, session: SmppSession): void {
    const esme = this.#esmes.get(systemId);
    if (esme === undefined) return;
    esme.binds -= 1;
    const index = esme.receivers.indexOf(session);
    if (index >= 0) esme.receivers.splice(index, 1);
    if (esme.receivers.length === 0) giveUp(esme);
    else this.#pump(esme);
    if (esme.binds <= 0) this.#esmes.delete(systemId);
  }

  /** System ids that can be given what is stored for them. */
  receiving(): string[] {
    return [...this.#esmes].filter(([, esme]) => esme.receivers.length > 0).map(([systemId]) => systemId);
  }

  /** @param evenSlow tries an ESME that did not answer lately: for what is stored already. */
  deliver(
    systemId: string,
    body: Partial<Body<"deliver_sm">>,
    tlvs: Tlvs,
    evenSlow: boolean,
  ): Promise<DeliverOutcome> {
    const esme = this.#esmes.get(systemId);
    if (esme === undefined || esme.receivers.length === 0) return Promise.resolve("away");
    if (esme.waiting.length >= this.#limits.maxWaiting) return Promise.resolve("away");
    if (!evenSlow && this.#clock.now() < esme.slowUntil) return Promise.resolve("away");
    return new Promise((resolve) => {
      esme.waiting.push({ body, tlvs, resolve });
      this.#pump(esme);
    });
  }

  #pump(esme: Esme): void {
    let taken = 0;
    for (const next of esme.waiting) {
      const session = this.#freest(esme);
      if (session === null) break;
      taken += 1;
      void this.#send(esme, session, next);
    }
    if (taken > 0) esme.waiting = esme.waiting.slice(taken);
  }

  async #send(esme: Esme, session: SmppSession, { body, tlvs, resolve }: Waiting): Promise<void> {
    try {
      const outcome = await session.request("deliver_sm", body, tlvs);
      if (outcome.kind === "timeout") {
        esme.slowUntil = this.#clock.now() + this.#limits.slowMs;
        giveUp(esme);
      }
      resolve(outcome.kind === "response" && outcome.pdu.status === 0 ? "acknowledged" : "failed");
    } catch {
      // An address longer than its field: it stays stored and is discarded with age.
      resolve("failed");
    }
    this.#pump(esme);
  }

  #freest(esme: Esme): SmppSession | null {
    let best: SmppSession | null = null;
    for (const session of esme.receivers) {
      if (!session.writable || session.inFlight >= this.#limits.window) continue;
      if (best === null || session.inFlight < best.inFlight) best = session;
    }
    return best;
  }
}

function giveUp(esme: Esme): void {
  for (const { resolve } of esme.waiting) resolve("away");
  esme.waiting = [];
}
