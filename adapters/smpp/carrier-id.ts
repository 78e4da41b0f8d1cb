/**
 * How an SMSC writes one message id in submit_sm_resp and in receipts: the same in both; or hexadecimal in receipts and decimal in
 * responses; or the other way round.
 */
export type CarrierIdFormat = "literal" | "hex-in-receipt" | "dec-in-receipt";

/** Zeros that SMSCs drop from, or put before, the same id (jasmin#643: 0913… in the response, 913… in the receipt). */
const MAX_DROPPED_ZEROS = 4;
const HEX_WIDTHS = [8, 10, 16];
const DECIMAL_WIDTHS = [10];
/** 20 decimal or 16 hexadecimal digits: 64 bits. Longer ids are no numbers. */
const DECIMAL = /^\d{1,20}$/;
const HEXADECIMAL = /^[0-9a-f]{1,16}$/i;

/** What submit_sm_resp may have called the message that a receipt calls `receiptId`, the likeliest first. */
export function carrierIdCandidates(receiptId: string, format: CarrierIdFormat): readonly string[] {
  const candidates = new Set<string>([receiptId]);
  if (format === "hex-in-receipt" && HEXADECIMAL.test(receiptId)) {
    const decimal = BigInt(`0x${receiptId}`).toString();
    addWidths(candidates, decimal, DECIMAL_WIDTHS);
  }
  if (format === "dec-in-receipt" && DECIMAL.test(receiptId)) {
    const hexadecimal = BigInt(receiptId).toString(16);
    addWidths(candidates, hexadecimal, HEX_WIDTHS);
    addWidths(candidates, hexadecimal.toUpperCase(), HEX_WIDTHS);
  }
  candidates.add(receiptId.toLowerCase());
  candidates.add(receiptId.toUpperCase());
  const bare = receiptId.replace(/^0+(?=.)/, "");
  candidates.add(bare);
  for (let zeros = 1; zeros <= MAX_DROPPED_ZEROS; zeros += 1) candidates.add("0".repeat(zeros) + bare);
  return [...candidates];
}

function addWidths(candidates: Set<string>, digits: string, widths: readonly number[]): void {
  candidates.add(digits);
  for (const width of widths) candidates.add(digits.padStart(width, "0"));
}
