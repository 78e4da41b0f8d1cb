import { decodeGsm, decodeUcs2 } from "#domain/messages/gsm-alphabet.ts";
import type { RefusalCode, Submission } from "#domain/messages/submission.ts";
import type { Pdu } from "#protocols/smpp/pdus.ts";
import { ESM_CLASS_UDHI } from "#protocols/smpp/receipt.ts";
import { STATUS } from "#protocols/smpp/status.ts";
import type { StatusName } from "#protocols/smpp/status.ts";
import { parseSmppTime } from "#protocols/smpp/time.ts";

export type ReadSubmit =
  | { readonly ok: true; readonly submission: Submission }
  | { readonly ok: false; readonly status: number };

const TON_INTERNATIONAL = 1;
/** esm_class bits 1–0: the messaging mode; 5–2: the message type, 0 for an ordinary one (SMPP 3.4 §5.2.12). */
const ESM_CLASS_TYPE_BITS = 0x3c;
const REGISTERED_DELIVERY_BITS = 0x03;
/** Information elements of concatenation (3GPP TS 23.040 §9.2.3.24): the only ones that an ESME may set. */
const CONCATENATION_ELEMENTS: readonly number[] = [0x00, 0x08];

const refuse = (name: StatusName): ReadSubmit => ({ ok: false, status: STATUS[name].code });

/**
 * Reads a submit_sm into what ingress accepts. Refused are what could harm a handset or hide a text from the firewall: protocol_id
 * of silent, replacing and SIM messages, headers with ports or SIM commands, flash classes and binary content.
 */
export function readSubmit(
  pdu: Pdu<"submit_sm">,
  account: { readonly systemId: string; readonly tenantId: string },
  now: number,
): ReadSubmit {
  const { body } = pdu;
  if ((body.esm_class & ESM_CLASS_TYPE_BITS) !== 0) return refuse("ESME_RINVESMCLASS");
  if (body.protocol_id !== 0) return refuse("ESME_RSUBMITFAIL");
  if (body.schedule_delivery_time !== "") return refuse("ESME_RINVSCHED");
  const octets = messageOctets(pdu);
  if (typeof octets === "string") return refuse(octets);
  const text = decodeText(octets, body.data_coding);
  // PostgreSQL stores no U+0000, and no text has one: it is another alphabet under a wrong data_coding.
  if (text === null || text.includes("\0")) return refuse("ESME_RINVDCS");
  let validityMs: number | undefined;
  if (body.validity_period !== "") {
    const until = parseSmppTime(body.validity_period, now);
    if (until === null || until <= now) return refuse("ESME_RINVEXPIRY");
    validityMs = until - now;
  }
  return {
    ok: true,
    submission: {
      tenantId: account.tenantId,
      channel: "sms",
      from: address(body.source_addr, body.source_addr_ton),
      to: address(body.destination_addr, body.dest_addr_ton),
      text,
      door: "smpp",
      systemId: account.systemId,
      receipt: (body.registered_delivery & REGISTERED_DELIVERY_BITS) !== 0,
      ...(validityMs === undefined ? {} : { validityMs }),
    },
  };
}

function address(written: string, ton: number): string {
  return ton === TON_INTERNATIONAL && /^\d/.test(written) ? `+${written}` : written;
}

/** The text's octets from short_message or message_payload, without a concatenation header. */
function messageOctets(pdu: Pdu<"submit_sm">): Uint8Array | StatusName {
  const { short_message: shortMessage, esm_class: esmClass } = pdu.body;
  const payload = pdu.tlvs.message_payload;
  if (payload !== undefined && shortMessage.length > 0) return "ESME_ROPTPARNOTALLWD";
  const octets = payload ?? shortMessage;
  if ((esmClass & ESM_CLASS_UDHI) === 0) return octets;
  const headerEnd = 1 + (octets[0] ?? 0);
  if (headerEnd > octets.length) return "ESME_RINVESMCLASS";
  for (let position = 1; position < headerEnd; position += 2 + (octets[position + 1] ?? 0)) {
    if (position + 1 >= headerEnd) return "ESME_RINVESMCLASS";
    if (!CONCATENATION_ELEMENTS.includes(octets[position] ?? 0xff)) return "ESME_RINVESMCLASS";
  }
  return octets.subarray(headerEnd);
}

/** data_coding (§5.2.19): 0 the default alphabet, GSM 7-bit unpacked; 1 ASCII; 3 Latin-1; 8 UCS-2. */
function decodeText(octets: Uint8Array, dataCoding: number): string | null {
  switch (dataCoding) {
    case 0:
      return decodeGsm(octets);
    case 1:
    case 3:
      return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("latin1");
    case 8:
      return decodeUcs2(octets);
    default:
      return null;
  }
}

/** How each refusal of the ingress reads in SMPP. */
export const REFUSAL_STATUS = {
  unknown_tenant: "ESME_RSUBMITFAIL",
  tenant_not_active: "ESME_RSUBMITFAIL",
  tenant_suspended: "ESME_RSUBMITFAIL",
  channel_not_available: "ESME_RSUBMITFAIL",
  invalid_destination: "ESME_RINVDSTADR",
  destination_frozen: "ESME_RSUBMITFAIL",
  invalid_sender: "ESME_RINVSRCADR",
  empty_text: "ESME_RINVMSGLEN",
  text_too_long: "ESME_RINVMSGLEN",
  invalid_validity: "ESME_RINVEXPIRY",
  invalid_reference: "ESME_RSUBMITFAIL",
  no_wallet: "ESME_RSUBMITFAIL",
  no_rate_card: "ESME_RSUBMITFAIL",
  insufficient_funds: "ESME_RSUBMITFAIL",
  unavailable: "ESME_RSYSERR",
} as const satisfies Record<RefusalCode, StatusName>;
