import type { Mail } from "#domain/mail/ports.ts";
import type { SuspensionMail } from "#workflows/suspension/api.ts";
import { letter } from "./letter.ts";

export interface SuspensionNotice {
  readonly tenantId: string;
  readonly name: string;
  readonly email: string;
  readonly kind: SuspensionMail;
  readonly number: number;
  readonly flowId: string;
  readonly reason: string;
  /** Epoch ms at which service goes off, of a notice. */
  readonly dueAt: number | null;
}

const WORDS: Readonly<Record<SuspensionMail, readonly [subject: string, paragraph: string]>> = {
  notice: [
    "Service is about to be suspended",
    "service ends at the time below unless its cause has ended by then.",
  ],
  suspended: [
    "Service is suspended",
    "service is suspended: new messages are refused. Receipts and inbound messages still reach you.",
  ],
  reminder: ["Service is still suspended", "service is still suspended: new messages are refused."],
  reinstated: ["Service is back", "service is back: messages are accepted again."],
  averted: ["Service goes on", "the announced suspension is called off."],
};

export function suspensionMail({
  kind,
  tenantId,
  name,
  email,
  number,
  flowId,
  reason,
  dueAt,
}: SuspensionNotice): Mail {
  const [subject, paragraph] = WORDS[kind];
  return letter({
    messageId: `suspension.${flowId}.${number}@catalyst`,
    to: email,
    subject: `${subject}: ${tenantId}`,
    name,
    paragraphs: [paragraph],
    facts: [
      ["Tenant", tenantId],
      ["Reason", reason],
      ...(dueAt === null ? [] : [["Service ends", new Date(dueAt).toISOString()] as const]),
    ],
  });
}
