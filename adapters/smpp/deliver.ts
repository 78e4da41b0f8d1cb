import { decodeGsm, decodeUcs2 } from "#domain/messages/gsm-alphabet.ts";
import type { CarrierInbound, CarrierReceipt } from "#domain/sms/ports.ts";
import type { Pdu } from "#protocols/smpp/pdus.ts";
import {
  ESM_CLASS_UDHI,
  isReceiptClass,
  MESSAGE_STATES,
  parseReceiptText,
  receiptStateOf,
} from "#protocols/smpp/receipt.ts";
import { carrierIdCandidates } from "./carrier-id.ts";
import type { CarrierIdFormat } from "./carrier-id.ts";

export type Delivered =
  | { readonly kind: "receipt"; readonly receipt: CarrierReceipt }
  | { readonly kind: "inbound"; readonly inbound: CarrierInbound }
  /** A receipt without an id or a state: it can be matched to nothing. */
  | { readonly kind: "unreadable" };

/** Reads a deliver_sm: a receipt (TLVs first, its text else) or a subscriber's message. */
export function readDeliver(
  pdu: Pdu<"deliver_sm">,
  connector: string,
  idFormat: CarrierIdFormat,
  now: number,
): Delivered {
  if (isReceiptClass(pdu.body.esm_class) || pdu.tlvs.receipted_message_id !== undefined) {
    return readReceipt(pdu, connector, idFormat, now);
  }
  return { kind: "inbound", inbound: readInbound(pdu, connector, now) };
}

function readReceipt(
  pdu: Pdu<"deliver_sm">,
  connector: string,
  idFormat: CarrierIdFormat,
  now: number,
): Delivered {
  let id: string | null = pdu.tlvs.receipted_message_id ?? null;
  let state = pdu.tlvs.message_state === undefined ? null : (receiptStateOf(pdu.tlvs.message_state) ?? null);
  if (id === null || id === "" || state === null) {
    const octets = pdu.tlvs.message_payload ?? pdu.body.short_message;
    const text = parseReceiptText(
      Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("latin1"),
    );
    id = id === null || id === "" ? text.id : id;
    state ??= text.state;
  }
  if (id === null || state === null) return { kind: "unreadable" };
  const { final, delivered } = MESSAGE_STATES[state];
  return {
    kind: "receipt",
    receipt: {
      connector,
      ids: carrierIdCandidates(id, idFormat),
      state: final ? (delivered ? "delivered" : "failed") : "pending",
      code: state,
      at: now,
    },
  };
}

const TON_INTERNATIONAL = 1;

function readInbound(pdu: Pdu<"deliver_sm">, connector: string, now: number): CarrierInbound {
  const { body, tlvs } = pdu;
  const octets = tlvs.message_payload ?? body.short_message;
  const headerLength = (body.esm_class & ESM_CLASS_UDHI) === 0 ? 0 : (octets[0] ?? 0) + 1;
  const { text, encoding } = readText(
    octets.subarray(Math.min(headerLength, octets.length)),
    body.data_coding,
  );
  return {
    connector,
    from: number(body.source_addr, body.source_addr_ton),
    to: number(body.destination_addr, body.dest_addr_ton),
    // PostgreSQL stores no U+0000.
    text: text.replaceAll("\0", ""),
    encoding,
    at: now,
  };
}

function number(address: string, ton: number): string {
  return ton === TON_INTERNATIONAL && !address.startsWith("+") ? `+${address}` : address;
}

/** data_coding (SMPP 3.4 §5.2.19): 0 the SMSC's default, 1 ASCII, 3 Latin-1, 8 UCS-2; what is not text is kept as hex. */
function readText(
  octets: Uint8Array,
  dataCoding: number,
): { text: string; encoding: CarrierInbound["encoding"] } {
  const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  if (dataCoding === 0) {
    const text = decodeGsm(octets);
    if (text !== null) return { text, encoding: "gsm7" };
    return { text: bytes.toString("latin1"), encoding: "ucs2" };
  }
  if (dataCoding === 1 || dataCoding === 3) return { text: bytes.toString("latin1"), encoding: "ucs2" };
  const ucs2 = dataCoding === 8 ? decodeUcs2(octets) : null;
  return ucs2 === null
    ? { text: bytes.toString("hex"), encoding: "binary" }
    : { text: ucs2, encoding: "ucs2" };
}
