import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import { encodeSegment, HIGHEST_PART_COUNT, segment } from "#domain/messages/segmentation.ts";
import type { SmsPart } from "#domain/sms/ports.ts";
import { smsAddress } from "./addresses.ts";

const DATA_CODING = { gsm7: 0, binary: 4, ucs2: 8 } as const;
const OCTETS_PER_MESSAGE = 140;
const HEX = /^(?:[0-9a-f]{2})*$/i;

export type Parts =
  | { readonly ok: true; readonly parts: readonly SmsPart[] }
  | { readonly ok: false; readonly code: "TOO_LONG" | "INVALID_BINARY"; readonly reason: string };

/** The submit_sm parts of a message, with a concatenation header where there are several. The same message gives the same octets. */
export function messageParts(message: MessageSubmitted): Parts {
  const shared = {
    source: smsAddress(message.from),
    destination: smsAddress(message.to),
    expiresAt: message.expiresAt,
  };
  if (message.encoding === "binary") {
    if (!HEX.test(message.text) || message.text.length > OCTETS_PER_MESSAGE * 2) {
      return {
        ok: false,
        code: "INVALID_BINARY",
        reason: "The binary content is not hex of at most 140 octets.",
      };
    }
    const octets = Buffer.from(message.text, "hex");
    return { ok: true, parts: [{ ...shared, dataCoding: DATA_CODING.binary, hasHeader: false, octets }] };
  }
  const segments = segment(message.text, HIGHEST_PART_COUNT);
  if (!segments.ok) {
    return {
      ok: false,
      code: "TOO_LONG",
      reason: `The text needs ${segments.parts} parts; ${segments.maxParts} are possible.`,
    };
  }
  const dataCoding = DATA_CODING[segments.encoding];
  const reference = concatenationReference(message.messageId);
  const parts = segments.segments.map((text, index) => {
    const body = encodeSegment(text, segments.encoding);
    if (segments.parts === 1) return { ...shared, dataCoding, hasHeader: false, octets: body };
    return {
      ...shared,
      dataCoding,
      hasHeader: true,
      octets: withHeader(body, reference, segments.parts, index + 1),
    };
  });
  return { ok: true, parts };
}

/** Concatenation with an 8-bit reference: length 5, element 0, its length 3 (3GPP TS 23.040 §9.2.3.24.1). */
function withHeader(body: Uint8Array, reference: number, parts: number, part: number): Uint8Array {
  const octets = new Uint8Array(body.length + 6);
  octets.set([0x05, 0x00, 0x03, reference, parts, part]);
  octets.set(body, 6);
  return octets;
}

/** From the random end of the UUID: a part sent again belongs to the same message on the handset. */
function concatenationReference(messageId: string): number {
  const reference = Number.parseInt(messageId.slice(-2), 16);
  return Number.isNaN(reference) ? 0 : reference;
}
