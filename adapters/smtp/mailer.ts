import { createTransport } from "nodemailer";
import { Unavailable } from "#domain/errors.ts";
import type { Mail, Mailer, MailOutcome } from "#domain/mail/ports.ts";
import type { Closable } from "#platform/lifecycle.ts";

/** A server that says nothing for this long is away. */
const CONNECT_MS_MAX = 10_000;
/** Between two answers; servers scan a mail before they acknowledge DATA (RFC 5321 §4.5.3.2.6 allows ten minutes, few use one). */
const SILENCE_MS_MAX = 30_000;

/** @param from the sender, "Name <address>" or an address. */
export function createMailer({
  url,
  from,
}: {
  readonly url: string;
  readonly from: string;
}): Mailer & Closable {
  const transport = createTransport(
    {
      url,
      connectionTimeout: CONNECT_MS_MAX,
      greetingTimeout: CONNECT_MS_MAX,
      socketTimeout: SILENCE_MS_MAX,
      // Content is always given as text: nothing may name a file or an address to be read.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from },
  );
  return {
    name: "mailer",
    async send({ messageId, to, subject, text, html, attachments = [] }: Mail): Promise<MailOutcome> {
      try {
        await transport.sendMail({
          messageId: `<${messageId}>`,
          // As an object: a comma in it cannot add recipients.
          to: { name: "", address: to },
          subject,
          text,
          html,
          attachments: attachments.map(({ filename, contentType, content }) => ({
            filename,
            contentType,
            content: Buffer.from(content),
          })),
        });
        return { kind: "accepted" };
      } catch (error) {
        const failure = error as SmtpError;
        const reason = refusal(failure);
        if (reason === null) throw new Unavailable("smtp", { cause: withoutAddress(failure) });
        return { kind: "refused", reason };
      }
    },
    async close() {
      transport.close();
    },
  };
}

/** Nodemailer's errors: `code` and `command` say in which phase, `responseCode` is the server's. */
interface SmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
}

/** Why the mail will never be taken; null when another attempt may succeed. RFC 5321 §4.2.1: 5xx is permanent. */
function refusal({ code, command, responseCode }: SmtpError): string | null {
  if (responseCode === undefined)
    return code === "EENVELOPE" ? "the address is none that mail can be sent to" : null;
  // A refused login, HELO or sender is our own configuration: somebody mends it and the mail goes out.
  const aboutThisMail = command === "RCPT TO" || command === "DATA";
  return responseCode >= 500 && aboutThisMail
    ? `the mail server answered ${responseCode} to ${command}`
    : null;
}

/** Servers quote the recipient in their answers; histories and logs must not. */
function withoutAddress({ code, command, responseCode }: SmtpError): Error {
  return new Error(`smtp: ${code ?? "failed"} ${command ?? ""} ${responseCode ?? ""}`.trimEnd());
}
