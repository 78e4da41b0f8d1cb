/**
 * A mail server for development: takes every mail, sends none on, and shows them on a page. Environment: SMTP_PORT,
 * HEALTH_PORT (inbox page, GET /messages, GET /health), CATCHER_FILE (where mails are kept).
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { inboxPage } from "./inbox-page.ts";
import { Mailbox, type ArrivedMail } from "./mailbox.ts";

const host = "127.0.0.1";
const largestMail = 10_000_000; // bytes; announced to senders (RFC 1870)
const mostConnections = 100;

const smtpPort = Number(process.env["SMTP_PORT"] ?? 1025);
const pagePort = Number(process.env["HEALTH_PORT"] ?? 8025);
const mailbox = new Mailbox(process.env["CATCHER_FILE"] ?? ".catalyst/smtp-catcher.jsonl");

async function receive(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<ArrivedMail | undefined> {
  const parsed = await simpleParser(stream);
  if (stream.sizeExceeded) return undefined;
  return {
    receivedAt: new Date().toISOString(),
    from: session.envelope.mailFrom ? session.envelope.mailFrom.address : "",
    to: session.envelope.rcptTo.map((recipient) => recipient.address),
    subject: parsed.subject ?? "",
    messageId: parsed.messageId ?? null,
    text: parsed.text ?? "",
    html: parsed.html || null,
    attachments: parsed.attachments.map((one) => ({ name: one.filename ?? "unnamed", bytes: one.size })),
  };
}

const smtp = new SMTPServer({
  disabledCommands: ["STARTTLS", "AUTH"],
  size: largestMail,
  maxClients: mostConnections,
  closeTimeout: 1_000, // a sender keeps its idle connection open far longer than a stop may take
  onData(stream, session, callback) {
    receive(stream, session).then(
      (mail) => {
        if (!mail) return callback(Object.assign(new Error("mail too large"), { responseCode: 552 }));
        const { number } = mailbox.add(mail);
        return callback(null, `kept as number ${number}`);
      },
      (error: unknown) => callback(Object.assign(new Error(String(error)), { responseCode: 451 })),
    );
  },
});
// A client that breaks off is its own affair; the server lives on.
smtp.on("error", (error) => console.error(`${new Date().toISOString()} ${error.message}`));

const page = createServer((request: IncomingMessage, response: ServerResponse) => {
  const send = (code: number, type: string, body: string): void => {
    const headers = {
      "content-type": `${type}; charset=utf-8`,
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src data:",
    };
    response.writeHead(code, headers).end(body);
  };
  const path = request.url?.split("?")[0];
  if (request.method !== "GET") send(405, "text/plain", "only GET");
  else if (path === "/") send(200, "text/html", inboxPage(mailbox.list(), mailbox.dropped()));
  else if (path === "/messages") {
    send(200, "application/json", JSON.stringify({ messages: mailbox.list(), dropped: mailbox.dropped() }));
  } else if (path === "/health" || path === "/ready") send(200, "application/json", '{"status":"ok"}');
  else send(404, "text/plain", "not found");
});

// The page is up last: its health says that mail is taken.
await new Promise<void>((settle) => smtp.listen(smtpPort, host, settle));
await new Promise<void>((settle) => page.listen(pagePort, host, settle));
console.log(`${new Date().toISOString()} mail on ${host}:${smtpPort}, inbox on http://${host}:${pagePort}`);

function stop(): void {
  page.close();
  page.closeAllConnections();
  smtp.close(() => process.exit(0));
}
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
