/**
 * The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 §6.2.1 and §6.2.1.1), unpacked: one septet per
 * octet, as SMPP carries it under data_coding 0.
 */
const DEFAULT_ALPHABET =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

const EXTENSION: readonly (readonly [code: number, character: string])[] = [
  [0x0a, "\f"],
  [0x14, "^"],
  [0x28, "{"],
  [0x29, "}"],
  [0x2f, "\\"],
  [0x3c, "["],
  [0x3d, "~"],
  [0x3e, "]"],
  [0x40, "|"],
  [0x65, "€"],
];

const ESCAPE = 0x1b;
const EXTENDED = 0x80;
const ABSENT = 0xff;
/** Every character of both tables lies at or below U+20AC (€). */
const HIGHEST_CODE_UNIT = 0x20ac;

/** Code unit → septet, with bit 7 set for the extension table; ABSENT where the alphabet has no such character. */
const SEPTET_OF = new Uint8Array(HIGHEST_CODE_UNIT + 1).fill(ABSENT);
const CHARACTER_OF: string[] = [...DEFAULT_ALPHABET];
const EXTENDED_CHARACTER_OF = new Map<number, string>(EXTENSION);

for (const [septet, character] of CHARACTER_OF.entries()) {
  if (septet !== ESCAPE) SEPTET_OF[character.charCodeAt(0)] = septet;
}
for (const [septet, character] of EXTENSION) SEPTET_OF[character.charCodeAt(0)] = septet | EXTENDED;

/** Septets that a UTF-16 code unit takes: 1, 2 for the extension table, 0 when the alphabet does not have it. */
export function septetsOf(codeUnit: number): 0 | 1 | 2 {
  if (codeUnit > HIGHEST_CODE_UNIT) return 0;
  const septet = SEPTET_OF[codeUnit] ?? ABSENT;
  if (septet === ABSENT) return 0;
  return septet >= EXTENDED ? 2 : 1;
}

/** Septets of the whole text, or null when a character is outside the alphabet. */
export function countSeptets(text: string): number | null {
  let septets = 0;
  for (let index = 0; index < text.length; index += 1) {
    const width = septetsOf(text.charCodeAt(index));
    if (width === 0) return null;
    septets += width;
  }
  return septets;
}

/** One septet per octet. A character outside the alphabet becomes "?": callers ask countSeptets first. */
export function encodeGsm(text: string): Uint8Array {
  const octets = new Uint8Array(text.length * 2);
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    const codeUnit = text.charCodeAt(index);
    const known = codeUnit > HIGHEST_CODE_UNIT ? ABSENT : (SEPTET_OF[codeUnit] ?? ABSENT);
    const septet = known === ABSENT ? 0x3f : known;
    if (septet >= EXTENDED) octets[length++] = ESCAPE;
    octets[length++] = septet & 0x7f;
  }
  return octets.subarray(0, length);
}

/**
 * Reads unpacked septets. An escape before a code that the extension table does not have shows the default table's character,
 * a lone escape a space (23.038 §6.2.1.1).
 * @returns null when an octet has bit 7 set: then it is not this alphabet.
 */
export function decodeGsm(octets: Uint8Array): string | null {
  let text = "";
  for (let index = 0; index < octets.length; index += 1) {
    const octet = octets[index] ?? 0;
    if (octet >= 0x80) return null;
    if (octet !== ESCAPE) {
      text += CHARACTER_OF[octet] ?? "";
      continue;
    }
    index += 1;
    const escaped = octets[index];
    if (escaped === undefined) return `${text} `;
    if (escaped >= 0x80) return null;
    text += EXTENDED_CHARACTER_OF.get(escaped) ?? (escaped === ESCAPE ? " " : (CHARACTER_OF[escaped] ?? ""));
  }
  return text;
}

/** UTF-16BE, as SMPP carries it under data_coding 8. */
export function encodeUcs2(text: string): Uint8Array {
  const octets = new Uint8Array(text.length * 2);
  for (let index = 0; index < text.length; index += 1) {
    const codeUnit = text.charCodeAt(index);
    octets[index * 2] = codeUnit >> 8;
    octets[index * 2 + 1] = codeUnit & 0xff;
  }
  return octets;
}

/** @returns null when the number of octets is odd. */
export function decodeUcs2(octets: Uint8Array): string | null {
  if (octets.length % 2 !== 0) return null;
  let text = "";
  for (let index = 0; index < octets.length; index += 2) {
    text += String.fromCharCode(((octets[index] ?? 0) << 8) | (octets[index + 1] ?? 0));
  }
  return text;
}
