/** message_state (SMPP 3.4 §5.2.28) and how receipt texts abbreviate it (appendix B). */
export const MESSAGE_STATES = {
  ENROUTE: { code: 1, final: false, delivered: false },
  DELIVRD: { code: 2, final: true, delivered: true },
  EXPIRED: { code: 3, final: true, delivered: false },
  DELETED: { code: 4, final: true, delivered: false },
  UNDELIV: { code: 5, final: true, delivered: false },
  ACCEPTD: { code: 6, final: false, delivered: false },
  UNKNOWN: { code: 7, final: true, delivered: false },
  REJECTD: { code: 8, final: true, delivered: false },
} as const satisfies Record<string, { code: number; final: boolean; delivered: boolean }>;

export type ReceiptState = keyof typeof MESSAGE_STATES;

/** esm_class bits 5–2 of a deliver_sm that carries an SMSC delivery receipt (§5.2.12). */
export const ESM_CLASS_RECEIPT = 0x04;
const ESM_CLASS_TYPE_BITS = 0x3c;
/** esm_class bit 6: short_message begins with a user data header. */
export const ESM_CLASS_UDHI = 0x40;

export function isReceiptClass(esmClass: number): boolean {
  return (esmClass & ESM_CLASS_TYPE_BITS) === ESM_CLASS_RECEIPT;
}

const STATE_OF_CODE = new Map<number, ReceiptState>(
  Object.entries(MESSAGE_STATES).map(([name, { code }]) => [code, name as ReceiptState]),
);

export function receiptStateOf(code: number): ReceiptState | undefined {
  return STATE_OF_CODE.get(code);
}

export interface ReceiptText {
  readonly id: string | null;
  readonly state: ReceiptState | null;
  /** `err:`, the network's own code. */
  readonly error: string | null;
}

const ID = /(?:^|\s)id:\s*([^\s]{1,64})/i;
const STAT = /(?:^|\s)stat:\s*([A-Z]{3,10})/i;
const ERR = /(?:^|\s)err:\s*([0-9A-Z]{1,10})/i;

/** Reads "id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…" (appendix B); order and case vary between SMSCs. */
export function parseReceiptText(text: string): ReceiptText {
  // What follows text: is the subscriber's, and may look like anything.
  const end = text.search(/\stext:/i);
  const head = end === -1 ? text : text.slice(0, end);
  const stat = STAT.exec(head)?.[1]?.toUpperCase().slice(0, 7) ?? "";
  return {
    id: ID.exec(head)?.[1] ?? null,
    state: stat in MESSAGE_STATES ? (stat as ReceiptState) : null,
    error: ERR.exec(head)?.[1] ?? null,
  };
}

export interface ReceiptFacts {
  readonly messageId: string;
  readonly state: ReceiptState;
  /** Epoch ms. */
  readonly submittedAt: number;
  readonly doneAt: number;
  /** Three characters; "000" = none. */
  readonly error: string;
}

/** Times are UTC, YYMMDDhhmm. */
export function formatReceiptText(facts: ReceiptFacts): string {
  const delivered = MESSAGE_STATES[facts.state].delivered ? "001" : "000";
  return (
    `id:${facts.messageId} sub:001 dlvrd:${delivered} submit date:${receiptDate(facts.submittedAt)} ` +
    `done date:${receiptDate(facts.doneAt)} stat:${facts.state} err:${facts.error} text:`
  );
}

function receiptDate(at: number): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(2, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}${iso.slice(11, 13)}${iso.slice(14, 16)}`;
}
