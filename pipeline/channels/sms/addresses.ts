import type { SmsAddress } from "#domain/sms/ports.ts";

const INTERNATIONAL = /^\+\d{1,20}$/;
const DIGITS = /^\d{1,20}$/;
/** A number of this length or less is a short code of the operator, not a subscriber's. */
const SHORT_CODE_LENGTH = 8;
/** source_addr and destination_addr hold 20 characters (SMPP 3.4 §5.2.8, §5.2.9). */
const ADDRESS_LENGTH = 20;

/**
 * Type and numbering plan of an address (SMPP 3.4 §5.2.5, §5.2.6): E.164 with + goes as international digits, a short
 * code as network specific, anything else as alphanumeric.
 */
export function smsAddress(written: string): SmsAddress {
  if (INTERNATIONAL.test(written)) return { ton: 1, npi: 1, address: written.slice(1) };
  if (DIGITS.test(written)) {
    return written.length <= SHORT_CODE_LENGTH
      ? { ton: 3, npi: 0, address: written }
      : { ton: 1, npi: 1, address: written };
  }
  return { ton: 5, npi: 0, address: written.slice(0, ADDRESS_LENGTH) };
}
