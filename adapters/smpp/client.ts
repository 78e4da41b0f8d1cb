import type { Clock } from "#domain/clock.ts";
import type { CarrierEvents, SmsCarrier, SmsPart, SmsSubmitOutcome } from "#domain/sms/ports.ts";
import { Backoff } from "#protocols/smpp/backoff.ts";
import { createSmppClient } from "#protocols/smpp/client.ts";
import type { ClientEvent, SmppClient } from "#protocols/smpp/client.ts";
import type { LinkTimerLimits } from "#protocols/smpp/link-timers.ts";
import type { Body, Pdu, Tlvs } from "#protocols/smpp/pdus.ts";
import { ESM_CLASS_UDHI } from "#protocols/smpp/receipt.ts";
import type { SmppCounters } from "#protocols/smpp/session.ts";
import { isRetryable, STATUS, statusName } from "#protocols/smpp/status.ts";
import { formatSmppTime } from "#protocols/smpp/time.ts";
import type { CarrierIdFormat } from "./carrier-id.ts";
import { readDeliver } from "./deliver.ts";

export interface SmscConnectorOptions {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
  /** Most unanswered submit_sm per bind; the SMSC's operator states it. */
  readonly window: number;
  readonly binds: number;
  readonly idFormat: CarrierIdFormat;
  /**
   * What happens to a part whose answer was lost with its connection. `resend` (default): sent again, so the subscriber may get it
   * twice (at least once). `refuse`: reported as refused with code LOST, so he may have got what counts as failed (at most once).
   */
  readonly lostPolicy?: "resend" | "refuse";
  /** How long a part may wait for a slot or while the SMSC throttles before it is given back as `unavailable`. */
  readonly maxWaitMs?: number;
  readonly timers?: Partial<LinkTimerLimits>;
  readonly reconnect?: { readonly firstMs: number; readonly maxMs: number };
}

export interface SmscConnectorDependencies {
  readonly events: CarrierEvents;
  readonly counters: SmppCounters;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onState?: (connector: string, event: ClientEvent) => void;
}

/** Counts since the connector was created. */
export interface SmscConnectorStats {
  readonly bound: number;
  readonly queued: number;
  readonly inFlight: number;
  readonly submitted: number;
  readonly refused: number;
  readonly throttled: number;
  /** Sent again because the answer was lost: each may be a duplicate. */
  readonly resent: number;
  readonly receipts: number;
  readonly inbound: number;
  /** deliver_sm that could not be read; acknowledged, since a repetition would be the same. */
  readonly unreadable: number;
  /** deliver_sm given back to the SMSC to be sent again. */
  readonly returned: number;
}

export interface SmscConnector extends SmsCarrier {
  readonly name: string;
  stats(): SmscConnectorStats;
  whenBound(): Promise<void>;
  /** Finishes what is in flight, unbinds and closes. */
  close(): Promise<void>;
}

/** Less than a consumer's session with Kafka may last: the batch is then retried with everything that it has done remembered. */
const DEFAULT_MAX_WAIT_MS = 20_000;
const THROTTLE_FIRST_MS = 50;
const THROTTLE_MAX_MS = 2_000;

/** One SMSC: several binds, one queue. Response times, throttling and lost connections stay inside; what comes out is an outcome. */
export function createSmscConnector(
  options: SmscConnectorOptions,
  dependencies: SmscConnectorDependencies,
): SmscConnector {
  return new Connector(options, dependencies);
}

class Connector implements SmscConnector {
  readonly id: string;
  readonly name: string;
  readonly #options: SmscConnectorOptions;
  readonly #dependencies: SmscConnectorDependencies;
  readonly #client: SmppClient;
  readonly #throttle: Backoff;
  readonly #counts = {
    submitted: 0,
    refused: 0,
    throttled: 0,
    resent: 0,
    receipts: 0,
    inbound: 0,
    unreadable: 0,
    returned: 0,
  };

  constructor(options: SmscConnectorOptions, dependencies: SmscConnectorDependencies) {
    const { clock, random, counters, onState } = dependencies;
    this.id = options.id;
    this.name = `smsc ${options.id}`;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#throttle = new Backoff(THROTTLE_FIRST_MS, THROTTLE_MAX_MS, random);
    this.#client = createSmppClient({
      host: options.host,
      port: options.port,
      systemId: options.systemId,
      password: options.password,
      binds: options.binds,
      window: options.window,
      ...(options.timers === undefined ? {} : { timers: options.timers }),
      ...(options.reconnect === undefined ? {} : { reconnect: options.reconnect }),
      counters,
      random,
      now: () => clock.now(),
      onDeliver: (pdu) => this.#deliver(pdu),
      onState: (event) => onState?.(options.id, event),
    });
  }

  get up(): boolean {
    return this.#client.bound > 0;
  }

  async submit(part: SmsPart): Promise<SmsSubmitOutcome> {
    const { clock } = this.#dependencies;
    const deadline = Math.min(part.expiresAt, clock.now() + (this.#options.maxWaitMs ?? DEFAULT_MAX_WAIT_MS));
    const { body, tlvs } = toSubmitSm(part);
    let again = false;
    for (;;) {
      const outcome = await this.#client.submit(body, tlvs, deadline, again);
      const now = clock.now();
      if (outcome.kind === "answered" && outcome.status === 0) {
        this.#counts.submitted += 1;
        this.#throttle.reset();
        return { kind: "accepted", carrierMessageId: outcome.messageId };
      }
      if (outcome.kind === "answered") {
        const busy = isThrottling(outcome.status);
        if (!busy && !isRetryable(outcome.status)) {
          this.#counts.refused += 1;
          return { kind: "refused", code: statusName(outcome.status) };
        }
        this.#counts.throttled += 1;
        if (!this.#pausing(now)) this.#pause(now);
      } else if (outcome.kind === "lost") {
        if (this.#options.lostPolicy === "refuse") return { kind: "refused", code: "LOST" };
        this.#counts.resent += 1;
      } else {
        return now >= part.expiresAt ? { kind: "expired" } : { kind: "unavailable" };
      }
      if (now >= deadline) return now >= part.expiresAt ? { kind: "expired" } : { kind: "unavailable" };
      again = true;
    }
  }

  #pausedUntil = 0;

  /** A whole window is refused at once: it counts as one refusal, or the delay would be at its limit after the first. */
  #pausing(now: number): boolean {
    return now < this.#pausedUntil;
  }

  #pause(now: number): void {
    this.#pausedUntil = now + this.#throttle.next();
    this.#client.pauseUntil(this.#pausedUntil);
  }

  stats(): SmscConnectorStats {
    const { bound, queued, inFlight } = this.#client;
    return { bound, queued, inFlight, ...this.#counts };
  }

  whenBound(): Promise<void> {
    return this.#client.whenBound();
  }

  close(): Promise<void> {
    return this.#client.stop();
  }

  async #deliver(pdu: Pdu<"deliver_sm">): Promise<number> {
    const { events, clock } = this.#dependencies;
    const delivered = readDeliver(pdu, this.id, this.#options.idFormat, clock.now());
    if (delivered.kind === "unreadable") {
      this.#counts.unreadable += 1;
      return STATUS.ESME_ROK.code;
    }
    const isReceipt = delivered.kind === "receipt";
    if (isReceipt) this.#counts.receipts += 1;
    else this.#counts.inbound += 1;
    try {
      const handled = await (isReceipt
        ? events.receipt(delivered.receipt)
        : events.inbound(delivered.inbound));
      if (handled === "taken") return STATUS.ESME_ROK.code;
    } catch {
      // Not durable: the SMSC keeps it.
    }
    this.#counts.returned += 1;
    return STATUS.ESME_RX_T_APPN.code;
  }
}

function isThrottling(status: number): boolean {
  return status === STATUS.ESME_RTHROTTLED.code || status === STATUS.ESME_RMSGQFUL.code;
}

/** Texts above sm_length's 254 octets do not occur: a part has 160 septets or 140 octets at most. */
function toSubmitSm(part: SmsPart): { body: Partial<Body<"submit_sm">>; tlvs: Tlvs | undefined } {
  return {
    body: {
      source_addr_ton: part.source.ton,
      source_addr_npi: part.source.npi,
      source_addr: part.source.address,
      dest_addr_ton: part.destination.ton,
      dest_addr_npi: part.destination.npi,
      destination_addr: part.destination.address,
      esm_class: part.hasHeader ? ESM_CLASS_UDHI : 0,
      validity_period: formatSmppTime(part.expiresAt),
      registered_delivery: 1,
      data_coding: part.dataCoding,
      short_message: part.octets,
    },
    tlvs: undefined,
  };
}
