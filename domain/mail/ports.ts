export interface Mail {
  /** Without angle brackets ("welcome.TENANT-001@catalyst"); the same for every attempt, so that a receiver can drop repeats. */
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments?: readonly MailAttachment[];
}

export interface MailAttachment {
  readonly filename: string;
  /** "application/pdf" */
  readonly contentType: string;
  readonly content: Uint8Array;
}

/**
 * `accepted`: the server has taken it on. `refused`: it never will (a 5xx reply, an address that is none); `reason` is fit to be shown
 * and names no address.
 */
export type MailOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly reason: string };

export interface Mailer {
  /** @throws Unavailable when the server cannot be reached or says "later" (4xx): sending it again may repeat the mail, never lose it. */
  send(mail: Mail): Promise<MailOutcome>;
}
