import { createSmppClient } from "#protocols/smpp/client.ts";
import type { BindType, ClientEvent, SubmitOutcome } from "#protocols/smpp/client.ts";
import type { LinkTimerLimits } from "#protocols/smpp/link-timers.ts";
import type { Body, Pdu, Tlvs } from "#protocols/smpp/pdus.ts";
import { isReceiptClass, parseReceiptText, receiptStateOf } from "#protocols/smpp/receipt.ts";
import type { ReceiptState } from "#protocols/smpp/receipt.ts";
import { createSmppCounters } from "#protocols/smpp/session.ts";
import type { SmppCounters } from "#protocols/smpp/session.ts";
import { decodeGsm, encodeGsm, encodeUcs2, countSeptets } from "../../domain/messages/gsm-alphabet.ts";

/** An ESME for the demo, the bench and the tests: binds, submits texts within its window, and hears of receipts. */
export interface EsmeOptions {
  readonly host: string;
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
  readonly window?: number;
  readonly binds?: number;
  readonly bindType?: BindType;
  /** Awaited before the receipt is acknowledged; a rejection returns it to the SMSC. */
  readonly onReceipt?: (receipt: EsmeReceipt) => void | Promise<void>;
  /** A message that is no receipt. */
  readonly onMessage?: (from: string, to: string, text: string) => void | Promise<void>;
  readonly onState?: (event: ClientEvent) => void;
  readonly timers?: Partial<LinkTimerLimits>;
  readonly reconnect?: { readonly firstMs: number; readonly maxMs: number };
}

export interface EsmeReceipt {
  readonly messageId: string;
  readonly state: ReceiptState;
  readonly from: string;
  readonly to: string;
}

export interface EsmeSubmission {
  /** E.164 with + (sent as international digits), a short code, or a name. */
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** Default true. */
  readonly receipt?: boolean;
}

export interface Esme {
  readonly bound: number;
  readonly inFlight: number;
  readonly counters: SmppCounters;
  /** Waits for a slot of the window for up to `maxWaitMs` (default 60 s). Texts above 254 octets go as message_payload. */
  submit(submission: EsmeSubmission, maxWaitMs?: number): Promise<SubmitOutcome>;
  whenBound(): Promise<void>;
  /** Waits for what is in flight, unbinds and closes. */
  stop(graceMs?: number): Promise<void>;
}

const SHORT_MESSAGE_OCTETS_MAX = 254;
const MAX_QUEUED = 100_000;

export function createEsme(options: EsmeOptions): Esme {
  const counters = createSmppCounters();
  const { host, port, systemId, password } = options;
  const client = createSmppClient({
    host,
    port,
    systemId,
    password,
    counters,
    window: options.window ?? 100,
    binds: options.binds ?? 1,
    bindType: options.bindType ?? "transceiver",
    maxQueued: MAX_QUEUED,
    ...(options.timers === undefined ? {} : { timers: options.timers }),
    ...(options.reconnect === undefined ? {} : { reconnect: options.reconnect }),
    ...(options.onState === undefined ? {} : { onState: options.onState }),
    now: () => Date.now(),
    random: () => Math.random(),
    onDeliver: (pdu) => deliver(options, pdu),
  });
  return {
    get bound() {
      return client.bound;
    },
    get inFlight() {
      return client.inFlight;
    },
    counters,
    submit(submission, maxWaitMs = 60_000) {
      const { body, tlvs } = toSubmitSm(submission);
      return client.submit(body, tlvs, Date.now() + maxWaitMs);
    },
    whenBound: () => client.whenBound(),
    stop: (graceMs) => client.stop(graceMs),
  };
}

async function deliver(options: EsmeOptions, pdu: Pdu<"deliver_sm">): Promise<number> {
  const { body, tlvs } = pdu;
  const octets = tlvs.message_payload ?? body.short_message;
  if (!isReceiptClass(body.esm_class)) {
    await options.onMessage?.(body.source_addr, body.destination_addr, decodeGsm(octets) ?? "");
    return 0;
  }
  const text = parseReceiptText(Buffer.from(octets).toString("latin1"));
  const messageId = tlvs.receipted_message_id ?? text.id;
  const state =
    tlvs.message_state === undefined ? text.state : (receiptStateOf(tlvs.message_state) ?? text.state);
  if (messageId === null || state === null) return 0;
  await options.onReceipt?.({ messageId, state, from: body.source_addr, to: body.destination_addr });
  return 0;
}

function toSubmitSm(submission: EsmeSubmission): {
  body: Partial<Body<"submit_sm">>;
  tlvs: Tlvs | undefined;
} {
  const { from, to, text } = submission;
  const isGsm = countSeptets(text) !== null;
  const octets = isGsm ? encodeGsm(text) : encodeUcs2(text);
  const isLong = octets.length > SHORT_MESSAGE_OCTETS_MAX;
  const source = address(from);
  const destination = address(to);
  return {
    body: {
      source_addr_ton: source.ton,
      source_addr_npi: source.npi,
      source_addr: source.address,
      dest_addr_ton: destination.ton,
      dest_addr_npi: destination.npi,
      destination_addr: destination.address,
      registered_delivery: submission.receipt === false ? 0 : 1,
      data_coding: isGsm ? 0 : 8,
      ...(isLong ? {} : { short_message: octets }),
    },
    tlvs: isLong ? { message_payload: octets } : undefined,
  };
}

function address(written: string): { ton: number; npi: number; address: string } {
  if (written.startsWith("+")) return { ton: 1, npi: 1, address: written.slice(1) };
  return /^\d+$/.test(written) ? { ton: 0, npi: 0, address: written } : { ton: 5, npi: 0, address: written };
}
