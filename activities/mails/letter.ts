import type { Mail } from "#domain/mail/ports.ts";

/** A short mail in both forms: a heading, a greeting, paragraphs and a table of facts. Everything in it is escaped where it must be. */
export interface Letter {
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  readonly name: string;
  readonly paragraphs: readonly string[];
  readonly facts: readonly (readonly [label: string, value: string])[];
}

export function letter({ messageId, to, subject, name, paragraphs, facts }: Letter): Mail {
  return {
    messageId,
    to,
    subject,
    text: asText(name, paragraphs, facts),
    html: asHtml(subject, name, paragraphs, facts),
  };
}

function asText(name: string, paragraphs: Letter["paragraphs"], facts: Letter["facts"]): string {
  const width = Math.max(0, ...facts.map(([label]) => label.length));
  const table = facts.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
  return [`Hello ${name},`, "", ...paragraphs.flatMap((text) => [text, ""]), ...table, ""].join("\n");
}

const CELL = "padding:6px 16px 6px 0;border-bottom:1px solid #e4e7eb";

function asHtml(
  subject: string,
  name: string,
  paragraphs: Letter["paragraphs"],
  facts: Letter["facts"],
): string {
  const rows = facts.map(
    ([label, value]) =>
      `<tr><td style="${CELL};color:#616e7c">${escaped(label)}</td><td style="${CELL}">${escaped(value)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><body style="margin:0;background:#f5f7fa;color:#1f2933;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:560px;margin:24px auto;padding:32px;background:#fff;border-radius:8px">
<h1 style="margin:0 0 16px;font-size:22px">${escaped(subject)}</h1>
<p>Hello ${escaped(name)},</p>
${paragraphs.map((text) => `<p>${escaped(text)}</p>`).join("\n")}
<table style="border-collapse:collapse;margin:16px 0">
${rows.join("\n")}
</table>
</div>
</body></html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
