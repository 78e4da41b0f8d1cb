import type {
  Fact,
  InvoiceContent,
  LineContent,
  PartyContent,
  TotalContent,
} from "../content/invoice-content.ts";
import type { Logo } from "../content/logo.ts";
import type { PlainText } from "../content/plain-text.ts";
import { styleOf } from "./style.ts";

/** One page that needs nothing else: no script, no address that is fetched; pictures are part of it. */
export function invoiceHtml(content: InvoiceContent): string {
  const { language, rightToLeft, title, number, labels } = content;
  return `<!doctype html>
<html lang="${escaped(language)}" dir="${rightToLeft ? "rtl" : "ltr"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(`${title} ${number}`)}</title>
<style>${styleOf(content)}</style>
</head>
<body>
<main>
<header><div class="name">${nameOf(content)}</div><h1>${escaped(title)}</h1></header>
<section class="parties">
${partyHtml(labels.customer, content.customer, labels.taxId)}
${partyHtml(labels.issuer, content.issuer, labels.taxId)}
${factsHtml(content.facts)}
</section>
${highlightHtml(content)}
${correctsHtml(content)}
${linesHtml(content)}
<section class="totals">
<div class="payment">${factsHtml(content.balance)}${paymentHtml(content)}</div>
<table>${content.totals.map(totalHtml).join("")}</table>
</section>
${taxesHtml(content)}
${fiscalHtml(content)}
${content.notes.map((note) => paragraph(note)).join("\n")}
</main>
<footer>${content.footer.map((line) => paragraph(line)).join("")}</footer>
</body>
</html>
`;
}

function nameOf({ logo, issuer }: InvoiceContent): string {
  if (logo === null) return said(issuer.name);
  return `<img class="logo" src="${dataUrl(logo)}" alt="${escaped(issuer.name.text)}">`;
}

function dataUrl({ type, bytes }: Logo): string {
  const mime = type === "png" ? "image/png" : "image/svg+xml";
  return `data:${mime};base64,${Buffer.from(bytes).toString("base64")}`;
}

function partyHtml(heading: string, { name, lines, taxId, email }: PartyContent, taxLabel: string): string {
  const parts = [
    `<strong>${said(name)}</strong>`,
    ...lines.map(said),
    ...(taxId === null ? [] : [`<span class="quiet">${escaped(taxLabel)}</span> ${figure(taxId)}`]),
    ...(email === null ? [] : [`<span class="quiet">${figure(email)}</span>`]),
  ];
  return `<div><small>${escaped(heading)}</small><br>${parts.join("<br>")}</div>`;
}

function factsHtml(facts: readonly Fact[]): string {
  if (facts.length === 0) return "";
  const rows = facts.map(({ label, value }) => `<tr><th>${escaped(label)}</th><td>${said(value)}</td></tr>`);
  return `<table class="facts">${rows.join("")}</table>`;
}

function highlightHtml({ highlight, payment, labels }: InvoiceContent): string {
  const note = highlight.note === null ? "" : ` <span class="quiet">${said(highlight.note)}</span>`;
  const link =
    payment === null ? "" : `<a class="pay" href="${escaped(payment.url)}">${escaped(labels.payOnline)}</a>`;
  return `<section class="highlight"><div><small>${escaped(highlight.label)}</small><br><span class="amount">${said(highlight.amount)}</span>${note}</div>${link}</section>`;
}

function correctsHtml({ corrects, labels }: InvoiceContent): string {
  if (corrects === null) return "";
  return `<p><strong>${escaped(corrects.invoice)}</strong> <span class="quiet">${escaped(labels.reason)}:</span> ${said(corrects.reason)}</p>`;
}

function linesHtml({ lines, columns, labels, anyLate }: InvoiceContent): string {
  if (lines.length === 0) return `<p class="quiet">${escaped(labels.noLines)}</p>`;
  const heads = [
    labels.quantity,
    labels.unitRate,
    ...(columns.discount ? [labels.discount] : []),
    ...(columns.tax ? [labels.tax] : []),
    labels.amount,
  ];
  return `<table class="lines"><thead><tr><th></th><th class="words">${escaped(labels.description)}</th>${heads.map((head) => `<th>${escaped(head)}</th>`).join("")}</tr></thead>
<tbody>
${lines.map((line) => lineHtml(line, columns, labels.late)).join("\n")}
</tbody></table>
${anyLate ? `<p class="quiet">${escaped(labels.lateNote)}</p>` : ""}`;
}

function lineHtml(line: LineContent, columns: InvoiceContent["columns"], late: string): string {
  const mark = line.late ? ` <span class="late">${escaped(late)}</span>` : "";
  const figures = [
    line.quantity.text,
    line.unitRate.text,
    ...(columns.discount ? [line.discount] : []),
    ...(columns.tax ? [line.tax] : []),
    line.amount,
  ];
  return `<tr><td class="quiet">${figure(line.position)}</td><td class="words">${said(line.description)}${mark}</td>${figures.map((text) => `<td>${figure(text)}</td>`).join("")}</tr>`;
}

function totalHtml({ label, value, emphasis }: TotalContent): string {
  return `<tr class="${emphasis}"><th>${escaped(label)}</th><td>${said(value)}</td></tr>`;
}

function paymentHtml({ payment, earlyPayment, labels }: InvoiceContent): string {
  const early = earlyPayment === null ? "" : `<p>${escaped(earlyPayment)}</p>`;
  if (payment === null) return early;
  const code =
    payment.qr === null ? "" : `<div class="code">${payment.qr}<small>${escaped(labels.scan)}</small></div>`;
  return `${code}<div><strong>${escaped(labels.payment)}</strong>${early}<p>${escaped(payment.reference)}</p><p><a href="${escaped(payment.url)}">${figure(payment.url)}</a></p></div>`;
}

function taxesHtml({ taxes, labels }: InvoiceContent): string {
  if (taxes.length === 0) return "";
  const rows = taxes.map(
    ({ name, jurisdiction, percent, net, amount, note }) =>
      `<tr><td class="words">${said(name)}${note === null ? "" : `<br><small>${said(note)}</small>`}</td><td class="words">${figure(jurisdiction)}</td><td>${figure(percent)}</td><td>${figure(net)}</td><td>${figure(amount)}</td></tr>`,
  );
  return `<table class="lines"><thead><tr><th class="words">${escaped(labels.tax)}</th><th class="words">${escaped(labels.jurisdiction)}</th><th>${escaped(labels.rate)}</th><th>${escaped(labels.net)}</th><th>${escaped(labels.amount)}</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function fiscalHtml({ fiscal }: InvoiceContent): string {
  if (fiscal === null) return "";
  const code = fiscal.qr === null ? "" : `<div class="code">${fiscal.qr}</div>`;
  return `<section class="fiscal">${code}<div><small>${escaped(fiscal.registered)}</small><br>${figure(fiscal.reference)}</div></section>`;
}

function paragraph(text: PlainText): string {
  return `<p>${said(text)}</p>`;
}

/** Text in its own direction, which turns nothing beside it. */
function said({ text, rightToLeft }: PlainText): string {
  return `<bdi dir="${rightToLeft ? "rtl" : "ltr"}">${escaped(text)}</bdi>`;
}

/** Numbers and codes read from left to right. */
function figure(text: string): string {
  return `<bdi dir="ltr">${escaped(text)}</bdi>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
