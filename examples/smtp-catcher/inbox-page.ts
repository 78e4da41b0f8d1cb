import type { CaughtMail } from "./mailbox.ts";

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1.5rem; color: #1c2733; background: #f6f8fa }
  header { display: flex; align-items: baseline; gap: 1rem } h1 { font-size: 1.4rem; margin: 0 } header a { margin-left: auto }
  details { background: #fff; border: 1px solid #d5dde5; border-radius: 8px; margin: .6rem 0 }
  summary { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; padding: .7rem 1rem; cursor: pointer; list-style: none }
  summary b { overflow-wrap: anywhere } summary span, time, .muted { color: #5b6b7b; font-size: .85rem }
  .copy { background: #fff1d6; color: #7a4d00; border-radius: 4px; padding: 0 .4rem; font-size: .8rem }
  .body { border-top: 1px solid #d5dde5; padding: 1rem } pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 }
  iframe { border: 0; width: 100%; height: 20rem }`;

/** The inbox as one page without scripts; mails are shown as text or in a frame that may do nothing. */
export function inboxPage(mails: readonly CaughtMail[], dropped: number): string {
  const older = dropped === 0 ? "" : `, ${dropped} older ones let go`;
  const list = mails.length === 0 ? '<p class="muted">No mail yet.</p>' : mails.map(mailEntry).join("\n");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inbox (${mails.length})</title><style>${style}</style>
<header><h1>Inbox</h1><span class="muted">${mails.length} mails${older}</span><a href="/">Refresh</a><a href="/messages">JSON</a></header>
${list}
</html>`;
}

function mailEntry(mail: CaughtMail): string {
  const copy = mail.copy === 1 ? "" : ` <span class="copy">copy ${mail.copy} of one Message-ID</span>`;
  const files = mail.attachments.map((one) => `${escape(one.name)} (${one.bytes} bytes)`).join(", ");
  const body =
    mail.html === null
      ? `<pre>${escape(mail.text)}</pre>`
      : `<iframe sandbox="" title="mail ${mail.number}" srcdoc="${escape(mail.html)}"></iframe>`;
  return `<details><summary><b>${escape(mail.subject || "(no subject)")}${copy}</b><time>${escape(mail.receivedAt)}</time>
<span>${escape(mail.from)} → ${escape(mail.to.join(", "))}</span></summary>
<div class="body">${body}<p class="muted">${escape(mail.messageId ?? "no Message-ID")}${files && `<br>${files}`}</p></div></details>`;
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
