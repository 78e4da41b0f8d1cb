import { countSeptets, encodeGsm, encodeUcs2, septetsOf } from "./gsm-alphabet.ts";

export type SmsEncoding = "gsm7" | "ucs2";

/**
 * Room of a short message's 140 octets (3GPP TS 23.040 §9.2.3.16): whole, and beside the six octets of a concatenation
 * header with an 8-bit reference (§9.2.3.24.1). GSM 7-bit in septets, UCS-2 in UTF-16 code units.
 */
export const SEGMENT_LIMITS = {
  gsm7: { single: 160, concatenated: 153 },
  ucs2: { single: 70, concatenated: 67 },
} as const satisfies Record<SmsEncoding, { single: number; concatenated: number }>;

/** The concatenation header counts parts in one octet. */
export const HIGHEST_PART_COUNT = 255;
/** Handsets of ten and more parts show them unreliably and a mistaken paste costs tenfold; a caller may allow up to HIGHEST_PART_COUNT. */
export const DEFAULT_MAX_PARTS = 10;

export interface Segments {
  readonly ok: true;
  readonly encoding: SmsEncoding;
  readonly parts: number;
  readonly segments: readonly string[];
}

export interface TooManySegments {
  readonly ok: false;
  readonly code: "too_long";
  readonly encoding: SmsEncoding;
  /** Parts that the text would need. */
  readonly parts: number;
  readonly maxParts: number;
}

/** GSM 7-bit if every character is in that alphabet, else UCS-2. */
export function encodingOf(text: string): SmsEncoding {
  return countSeptets(text) === null ? "ucs2" : "gsm7";
}

/**
 * Cuts a text into SMS segments; joined they give the text again. Neither an escape pair nor a surrogate
 * pair is ever split. An empty text is one empty segment.
 */
export function segment(text: string, maxParts: number = DEFAULT_MAX_PARTS): Segments | TooManySegments {
  const septets = countSeptets(text);
  const encoding: SmsEncoding = septets === null ? "ucs2" : "gsm7";
  if ((septets ?? text.length) <= SEGMENT_LIMITS[encoding].single) {
    return { ok: true, encoding, parts: 1, segments: [text] };
  }
  const segments = cut(text, encoding);
  const parts = segments.length;
  if (parts > Math.min(maxParts, HIGHEST_PART_COUNT)) {
    return { ok: false, code: "too_long", encoding, parts, maxParts: Math.min(maxParts, HIGHEST_PART_COUNT) };
  }
  return { ok: true, encoding, parts, segments };
}

function cut(text: string, encoding: SmsEncoding): string[] {
  const room = SEGMENT_LIMITS[encoding].concatenated;
  const segments: string[] = [];
  let start = 0;
  let used = 0;
  for (let index = 0; index < text.length;) {
    const length = encoding === "ucs2" && isSurrogatePair(text, index) ? 2 : 1;
    const width = encoding === "ucs2" ? length : septetsOf(text.charCodeAt(index));
    if (used + width > room) {
      segments.push(text.slice(start, index));
      start = index;
      used = 0;
    }
    used += width;
    index += length;
  }
  segments.push(text.slice(start));
  return segments;
}

function isSurrogatePair(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
}

/** The octets of one segment: unpacked septets, or UTF-16BE. */
export function encodeSegment(text: string, encoding: SmsEncoding): Uint8Array {
  return encoding === "gsm7" ? encodeGsm(text) : encodeUcs2(text);
}
