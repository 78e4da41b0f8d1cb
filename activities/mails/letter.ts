import type { Mail } from "#domain/mail/ports.ts";

/** A short mail in both forms: a heading, a greeting, paragraphs and a table of facts. Everything in it is escaped where it must be. */
export interface Letter {
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  /** Default: the subject. */
  readonly heading?: string;
  readonly name: string;
  readonly paragraphs: readonly string[];
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** Lines for a terminal, beneath the facts. */
  readonly example?: { readonly title: string; readonly lines: readonly string[] };
  /** Said quietly, beneath all else. */
  readonly remark?: string;
  /** Where to read on. */
  readonly link?: { readonly title: string; readonly url: string };
}

export function letter(content: Letter): Mail {
  const { messageId, to, subject } = content;
  return { messageId, to, subject, text: asText(content), html: asHtml(content) };
}

function asText({ name, paragraphs, facts, example, remark, link }: Letter): string {
  const width = Math.max(0, ...facts.map(([label]) => label.length));
  return [
    `Hello ${name},`,
    "",
    ...paragraphs.flatMap((text) => [text, ""]),
    ...facts.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`),
    "",
    ...(example === undefined ? [] : [example.title, "", ...example.lines.map((line) => `  ${line}`), ""]),
    ...(remark === undefined ? [] : [remark, ""]),
    ...(link === undefined ? [] : [`${link.title}: ${link.url}`, ""]),
  ].join("\n");
}

const CELL = "padding:6px 16px 6px 0;border-bottom:1px solid #e4e7eb";
const TERMINAL =
  "padding:12px;background:#1f2933;color:#f5f7fa;border-radius:6px;overflow:auto;font-size:13px";

function asHtml({ subject, heading, name, paragraphs, facts, example, remark, link }: Letter): string {
  const rows = facts.map(
    ([label, value]) =>
      `<tr><td style="${CELL};color:#616e7c">${escaped(label)}</td><td style="${CELL}">${escaped(value)}</td></tr>\n`,
  );
  const parts = [
    `<h1 style="margin:0 0 16px;font-size:22px">${escaped(heading ?? subject)}</h1>`,
    `<p>Hello ${escaped(name)},</p>`,
    ...paragraphs.map((text) => `<p>${escaped(text)}</p>`),
    `<table style="border-collapse:collapse;margin:16px 0">\n${rows.join("")}</table>`,
    ...(example === undefined ? [] : [exampleHtml(example)]),
    ...(remark === undefined ? [] : [`<p style="color:#616e7c;font-size:14px">${escaped(remark)}</p>`]),
    ...(link === undefined ? [] : [`<p><a href="${escaped(link.url)}">${escaped(link.title)}</a></p>`]),
  ];
  return `<!doctype html>
<html lang="en"><body style="margin:0;background:#f5f7fa;color:#1f2933;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:560px;margin:24px auto;padding:32px;background:#fff;border-radius:8px">
${parts.join("\n")}
</div>
</body></html>
`;
}

function exampleHtml({ title, lines }: NonNullable<Letter["example"]>): string {
  return `<p>${escaped(title)}</p>\n<pre style="${TERMINAL}">${escaped(lines.join("\n"))}</pre>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
