import type { Mail } from "#domain/mail/ports.ts";

export interface Welcome {
  readonly tenantId: string;
  readonly walletId: string;
  readonly name: string;
  readonly email: string;
  readonly currency: string;
  readonly apiKeyLast4: string;
  readonly smppSystemId: string | null;
}

/** Where a tenant finds the platform, as it is seen from outside. */
export interface Doors {
  /** "https://api.example.com" */
  readonly api: string;
  /** The API's reference, for browsers. */
  readonly reference: string;
  /** "smpp.example.com:2775" */
  readonly smpp: string;
}

/** Says how to begin, and shows no secret: the API key and the SMPP password went to whoever created the tenant. */
export function welcomeMail(welcome: Welcome, doors: Doors): Mail {
  const rows: [string, string][] = [
    ["Tenant", welcome.tenantId],
    ["Wallet", welcome.currency],
    ["REST API", doors.api],
    ["API key", `ends in ${welcome.apiKeyLast4}`],
  ];
  if (welcome.smppSystemId !== null) rows.push(["SMPP", doors.smpp], ["System id", welcome.smppSystemId]);
  return {
    // One per onboarding, whatever its attempts: a receiver recognises a repeat.
    messageId: `welcome.${welcome.walletId}@catalyst`,
    to: welcome.email,
    subject: `Welcome to Catalyst: ${welcome.tenantId} is open`,
    text: asText(welcome, doors, rows),
    html: asHtml(welcome, doors, rows),
  };
}

const SECRETS =
  "Your API key and SMPP password were shown once, when the tenant was created. We keep only their hashes and never send them by mail. If you have lost one, replace it.";

function asText({ name }: Welcome, doors: Doors, rows: readonly [string, string][]): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    `Hello ${name},`,
    "",
    "your tenant is open and its first message can go out as soon as the wallet is topped up.",
    "",
    ...rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`),
    "",
    "Send a message:",
    "",
    ...example(doors).map((line) => `  ${line}`),
    "",
    SECRETS,
    "",
    `API reference: ${doors.reference}`,
    "",
  ].join("\n");
}

function example(doors: Doors): string[] {
  return [
    `curl ${doors.api}/api/v2/messages \\`,
    `  -H "Authorization: Bearer $CATALYST_API_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '{"channel":"sms","from":"Catalyst","to":"+12025550123","text":"Hello"}'`,
  ];
}

function asHtml({ name }: Welcome, doors: Doors, rows: readonly [string, string][]): string {
  const cell = "padding:6px 16px 6px 0;border-bottom:1px solid #e4e7eb";
  const table = rows
    .map(
      ([label, value]) =>
        `<tr><td style="${cell};color:#616e7c">${escaped(label)}</td><td style="${cell}">${escaped(value)}</td></tr>`,
    )
    .join("\n");
  return `<!doctype html>
<html lang="en"><body style="margin:0;background:#f5f7fa;color:#1f2933;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:560px;margin:24px auto;padding:32px;background:#fff;border-radius:8px">
<h1 style="margin:0 0 16px;font-size:22px">Welcome to Catalyst</h1>
<p>Hello ${escaped(name)},</p>
<p>your tenant is open and its first message can go out as soon as the wallet is topped up.</p>
<table style="border-collapse:collapse;margin:16px 0">
${table}
</table>
<p>Send a message:</p>
<pre style="padding:12px;background:#1f2933;color:#f5f7fa;border-radius:6px;overflow:auto;font-size:13px">${escaped(example(doors).join("\n"))}</pre>
<p style="color:#616e7c;font-size:14px">${escaped(SECRETS)}</p>
<p><a href="${escaped(doors.reference)}">API reference</a></p>
</div>
</body></html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
