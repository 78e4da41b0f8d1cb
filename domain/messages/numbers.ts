import { isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { PhoneNumber } from "libphonenumber-js/max";

export interface E164Number {
  /** With +. */
  readonly number: string;
  /** ISO 3166-1 alpha-2; null for numbers of no country (satellite, international freephone). */
  readonly country: string | null;
}

/** No writing of a number, with every separator, is longer; parsing stays cheap whatever a caller sends. */
const MAX_WRITTEN_LENGTH = 32;
const WRITTEN_NUMBER = /^\+?[\d\s().\-/]+$/;
const BARE_DIGITS = /^\d+$/;

/**
 * Reads a subscriber's number as a person or a machine writes it: E.164 with + ("+1 212 555 1234"), national in `defaultCountry`
 * ("0244 123 456"), or, where that gives no valid number, international without + ("233244123456").
 *
 * Without the + it must lie in a range that its country has assigned (libphonenumber's full metadata), since it could be read in several ways.
 * With it a known country code and a possible length suffice: plans open new ranges faster than metadata follows.
 *
 * @param defaultCountry ISO 3166-1 alpha-2.
 * @returns null for what is no such number.
 */
export function readNumber(written: string, defaultCountry: string): E164Number | null {
  const parsed = parse(written, defaultCountry);
  if (parsed?.isValid() === true) return result(parsed);
  if (written.startsWith("+")) return parsed?.isPossible() === true ? result(parsed) : null;
  if (!BARE_DIGITS.test(written)) return null;
  const international = parse(`+${written}`, defaultCountry);
  return international?.isValid() === true ? result(international) : null;
}

function parse(written: string, defaultCountry: string): PhoneNumber | undefined {
  if (written.length > MAX_WRITTEN_LENGTH || !WRITTEN_NUMBER.test(written)) return undefined;
  if (!isSupportedCountry(defaultCountry)) {
    return written.startsWith("+") ? parsePhoneNumberFromString(written, { extract: false }) : undefined;
  }
  return parsePhoneNumberFromString(written, { defaultCountry, extract: false });
}

function result(parsed: PhoneNumber): E164Number {
  // Of countries that share a code, the one that the range belongs to; where no range tells, the one the code is known by.
  return { number: parsed.number, country: parsed.country ?? parsed.getPossibleCountries()[0] ?? null };
}

/**
 * Letters, digits and signs of the GSM 7-bit default alphabet (3GPP 23.038 §6.2.1) that networks let through in a sender: 11 septets fill
 * the 7 octets that an alphanumeric TP-OA has room for (23.040 §9.1.2.5).
 */
const ALPHANUMERIC_SENDER = /^[A-Za-z0-9 !"#%&'()*+,\-./:;<=>?@_$£¥èéùìòÇØøÅåÆæßÉÄÖÑÜ§äöñüà¡¿]{1,11}$/;
const LETTER = /[A-Za-zèéùìòÇØøÅåÆæßÉÄÖÑÜäöñüà]/;
const SHORT_CODE = /^\d{3,8}$/;

/**
 * Reads a sender: alphanumeric (≤ 11 GSM characters, at least one letter), short code (3 to 8 digits), or a number as
 * readNumber takes it. A sender's number needs a possible length only: it may lie in a range of machines that no plan publishes.
 *
 * @returns the sender as it goes to the carrier, null when it is none of these.
 */
export function readSender(written: string, defaultCountry: string): string | null {
  const trimmed = written.trim();
  if (SHORT_CODE.test(trimmed)) return trimmed;
  if (ALPHANUMERIC_SENDER.test(trimmed) && LETTER.test(trimmed)) return trimmed;
  const valid = readNumber(trimmed, defaultCountry);
  if (valid !== null) return valid.number;
  const possible = parse(trimmed, defaultCountry);
  return possible?.isPossible() === true ? possible.number : null;
}

/** Of a number's last digits, which tell people apart, none may reach the books. */
const LAST_DIGITS = 4;
const PREFIX_MAX = 9;

/** The leading digits of a number in E.164 ("+447700900123") that prices may depend on: at most nine, never its last four. */
export function destinationPrefix(number: string): string {
  return number.slice(1, Math.max(2, number.length - LAST_DIGITS)).slice(0, PREFIX_MAX);
}
