import type { Invoice, InvoiceLine, InvoiceParty } from "#domain/invoicing/invoice.ts";
import { readableColour } from "./colour.ts";
import { decimalOf, decimalsOf, unitsOf } from "./decimals.ts";
import { dayBefore, type Formats, formatsOf, localeOf } from "./formats.ts";
import { filled, LABELS, labelsOf } from "./labels/table.ts";
import type { Labels } from "./labels/labels.ts";
import { type Logo, logoOf } from "./logo.ts";
import { breakable, type PlainText, plainText, printable } from "./plain-text.ts";
import { qrCodeSvg } from "./qr-code.ts";

/** What a document says, in its words and in order; how it looks is the renderer's. */
export interface InvoiceContent {
  readonly kind: Invoice["kind"];
  /** BCP 47, of the words. */
  readonly language: string;
  readonly rightToLeft: boolean;
  readonly paper: "A4" | "letter";
  /** YYYY-MM-DD. */
  readonly issuedOn: string;
  readonly colour: string;
  readonly logo: Logo | null;
  readonly labels: Labels;
  readonly title: string;
  readonly number: string;
  readonly issuer: PartyContent;
  readonly customer: PartyContent;
  readonly facts: readonly Fact[];
  readonly highlight: { readonly label: string; readonly amount: PlainText; readonly note: PlainText | null };
  /** Of a credit note. */
  readonly corrects: { readonly invoice: string; readonly reason: PlainText } | null;
  readonly columns: { readonly discount: boolean; readonly tax: boolean };
  readonly lines: readonly LineContent[];
  /** The widest text of each column of numbers. */
  readonly widest: Readonly<
    Record<"position" | "quantity" | "unitRate" | "discount" | "tax" | "amount", string>
  >;
  /** Sums of the lines before each line, and after the last: one more than lines. */
  readonly carried: readonly string[];
  readonly anyLate: boolean;
  readonly balance: readonly Fact[];
  readonly totals: readonly TotalContent[];
  readonly taxes: readonly TaxContent[];
  readonly earlyPayment: string | null;
  readonly payment: PaymentContent | null;
  readonly fiscal: {
    readonly registered: string;
    readonly reference: string;
    readonly qr: string | null;
  } | null;
  readonly notes: readonly PlainText[];
  readonly footer: readonly PlainText[];
}

export interface Fact {
  readonly label: string;
  readonly value: PlainText;
}

export interface PartyContent {
  readonly name: PlainText;
  readonly lines: readonly PlainText[];
  readonly taxId: string | null;
  readonly email: string | null;
}

export interface LineContent {
  readonly position: string;
  readonly description: PlainText;
  readonly late: boolean;
  readonly quantity: AlignedNumber;
  readonly unitRate: AlignedNumber;
  readonly discount: string;
  readonly tax: string;
  readonly amount: string;
}

/** `pad` has the width of what is missing behind it, so that points of a column stand beneath each other. */
export interface AlignedNumber {
  readonly text: string;
  readonly pad: string;
}

export interface TotalContent extends Fact {
  readonly emphasis: "none" | "sum" | "due";
}

export interface TaxContent {
  readonly name: PlainText;
  readonly jurisdiction: string;
  readonly percent: string;
  readonly net: string;
  readonly amount: string;
  readonly note: PlainText | null;
}

export interface PaymentContent {
  readonly url: string;
  /** SVG; null where the address is too long for one. */
  readonly qr: string | null;
  readonly reference: string;
}

export function invoiceContent(invoice: Invoice): InvoiceContent {
  const locale = localeOf(invoice.branding.language);
  const labels = labelsOf(locale);
  const formats = formatsOf(locale, invoice.currency);
  const rightToLeft = locale.language in LABELS && readsRightToLeft(locale);
  const phrase = (text: string): PlainText => ({ text, rightToLeft });
  const words: Words = { labels, formats, rightToLeft, phrase };
  return {
    kind: invoice.kind,
    language: locale.language in LABELS ? locale.baseName : "en",
    rightToLeft,
    paper: invoice.branding.paper,
    issuedOn: invoice.issuedOn,
    colour: readableColour(invoice.branding.colour),
    logo: logoOf(invoice.branding.logo),
    title: labels.title[invoice.kind],
    number: printable(invoice.number),
    labels,
    issuer: party(invoice.issuer, formats),
    customer: party(invoice.customer, formats),
    ...bodyOf(invoice, words),
    payment: paymentOf(invoice, words),
    fiscal: fiscalOf(invoice, words),
    notes: invoice.notes.map((note) => breakable(plainText(note))),
    footer: invoice.branding.footer.map((line) => breakable(plainText(line))),
  };
}

interface Words {
  readonly labels: Labels;
  readonly formats: Formats;
  readonly rightToLeft: boolean;
  /** Words, days and money: in the direction of the language. */
  readonly phrase: (text: string) => PlainText;
}

/** A number or a code reads from left to right in every language. */
function figure(text: string): PlainText {
  return { text, rightToLeft: false };
}

const RIGHT_TO_LEFT_SCRIPTS = new Set(["Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm"]);

function readsRightToLeft(locale: Intl.Locale): boolean {
  return RIGHT_TO_LEFT_SCRIPTS.has(locale.maximize().script ?? "");
}

function bodyOf(invoice: Invoice, words: Words) {
  const { formats } = words;
  const anyDiscount = invoice.lines.some(({ discount }) => !isZero(discount));
  const lines = linesOf(invoice, formats);
  return {
    facts: factsOf(invoice, words),
    highlight: highlightOf(invoice, words),
    corrects: correctsOf(invoice, words),
    columns: { discount: anyDiscount, tax: invoice.taxes.length > 1 },
    lines,
    widest: widestOf(lines),
    carried: carriedOf(invoice).map((amount) => formats.number(amount)),
    anyLate: invoice.lines.some(({ late }) => late),
    balance: balanceOf(invoice, words),
    totals: totalsOf(invoice, words),
    taxes: invoice.taxes.map(({ name, jurisdiction, percent, net, amount, note }) => ({
      name: breakable(plainText(name)),
      jurisdiction: jurisdiction === null ? "" : printable(jurisdiction),
      percent: formats.percent(percent),
      net: formats.number(net),
      amount: formats.number(amount),
      note: note === null ? null : breakable(plainText(note)),
    })),
    earlyPayment: earlyPaymentOf(invoice, words),
  };
}

function party({ name, addressLines, country, taxId, email }: InvoiceParty, formats: Formats): PartyContent {
  return {
    name: breakable(plainText(name)),
    lines: [...addressLines, formats.country(country)]
      .map((line) => breakable(plainText(line)))
      .filter(({ text }) => text !== ""),
    taxId: taxId === null ? null : breakable(plainText(taxId)).text,
    email: email === null ? null : breakable(plainText(email)).text,
  };
}

function factsOf(invoice: Invoice, { labels, formats, phrase }: Words): Fact[] {
  const { kind, period, dueOn } = invoice;
  return [
    { label: labels.number[kind], value: figure(printable(invoice.number)) },
    { label: labels.issued, value: phrase(formats.day(invoice.issuedOn)) },
    ...(dueOn === null ? [] : [{ label: labels.due, value: phrase(formats.day(dueOn)) }]),
    { label: labels.period, value: phrase(formats.days(period.from, dayBefore(period.to))) },
    { label: labels.customerNumber, value: figure(breakable(plainText(invoice.tenantId)).text) },
    { label: labels.currency, value: figure(printable(invoice.currency)) },
  ];
}

function highlightOf(invoice: Invoice, { labels, formats, phrase }: Words): InvoiceContent["highlight"] {
  const { kind, dueOn } = invoice;
  if (kind === "statement") {
    const closing = invoice.balance?.closing ?? invoice.amountDue;
    return {
      label: invoice.balance === null ? labels.amountDue : labels.closingBalance,
      amount: phrase(formats.money(closing)),
      note: phrase(labels.nothingDue),
    };
  }
  if (kind === "credit_note")
    return { label: labels.amountCredited, amount: phrase(formats.money(invoice.total)), note: null };
  const note = dueOn === null ? null : phrase(`${labels.due}: ${formats.day(dueOn)}`);
  return { label: labels.amountDue, amount: phrase(formats.money(invoice.amountDue)), note };
}

function correctsOf({ corrects }: Invoice, { labels, rightToLeft }: Words): InvoiceContent["corrects"] {
  if (corrects === null) return null;
  const number = isolated(printable(corrects.number), rightToLeft);
  return {
    invoice: filled(labels.corrects, { number }),
    reason: breakable(plainText(corrects.reason)),
  };
}

function linesOf({ lines, taxes }: Invoice, formats: Formats): LineContent[] {
  const percents = new Map(taxes.map(({ name, percent }) => [name, formats.percent(percent)]));
  const quantities = alignment(
    lines.map(({ quantity }) => quantity),
    formats,
  );
  const places = lines.reduce((most, { amount }) => Math.max(most, decimalsOf(amount)), 0);
  const rates = alignment(
    lines.map(({ unitRate }) => withPlaces(unitRate, places)),
    formats,
  );
  return lines.map((line) => ({
    position: formats.number(String(line.position)),
    description: breakable(plainText(line.description)),
    late: line.late,
    quantity: quantities(line.quantity),
    unitRate: rates(withPlaces(line.unitRate, places)),
    discount: isZero(line.discount) ? "" : formats.number(negated(line.discount)),
    tax: line.taxCategory === null ? "" : (percents.get(line.taxCategory) ?? ""),
    amount: formats.number(line.amount),
  }));
}

function widestOf(lines: readonly LineContent[]): InvoiceContent["widest"] {
  return {
    position: widest(lines.map(({ position }) => position)),
    quantity: widest(lines.map(({ quantity }) => quantity.text + quantity.pad)),
    unitRate: widest(lines.map(({ unitRate }) => unitRate.text + unitRate.pad)),
    discount: widest(lines.map(({ discount }) => discount)),
    tax: widest(lines.map(({ tax }) => tax)),
    amount: widest(lines.map(({ amount }) => amount)),
  };
}

/** Digits are of one width and wider than signs and points. */
function widest(texts: readonly string[]): string {
  const size = (text: string): number => text.length + text.replace(/\P{Nd}/gu, "").length;
  return texts.reduce((one, other) => (size(other) > size(one) ? other : one), "");
}

/** Numbers of one column, each with what its fraction lacks of the longest. */
function alignment(decimals: readonly string[], formats: Formats): (decimal: string) => AlignedNumber {
  const longest = decimals.reduce((most, decimal) => Math.max(most, decimalsOf(decimal)), 0);
  const fullZero = formats.number(decimalOf(0n, longest));
  return (decimal) => ({
    text: formats.number(decimal),
    pad: fullZero.slice(formats.number(decimalOf(0n, decimalsOf(decimal))).length),
  });
}

/** "120" with two places is "120.00"; what has more keeps them. */
function withPlaces(decimal: string, places: number): string {
  const decimals = Math.max(places, decimalsOf(decimal));
  return decimalOf(unitsOf(decimal, decimals), decimals);
}

function carriedOf({ lines, netTotal }: Invoice): string[] {
  const decimals = lines.reduce(
    (most, { amount }) => Math.max(most, decimalsOf(amount)),
    decimalsOf(netTotal),
  );
  let sum = 0n;
  return [
    decimalOf(0n, decimals),
    ...lines.map(({ amount }) => {
      sum += unitsOf(amount, decimals);
      return decimalOf(sum, decimals);
    }),
  ];
}

function balanceOf({ balance }: Invoice, { labels, formats }: Words): Fact[] {
  if (balance === null) return [];
  return [
    { label: labels.openingBalance, value: figure(formats.number(balance.opening)) },
    { label: labels.credits, value: figure(formats.number(balance.credits)) },
    { label: labels.charges, value: figure(formats.number(balance.charges)) },
    { label: labels.closingBalance, value: figure(formats.number(balance.closing)) },
  ];
}

function totalsOf(invoice: Invoice, { labels, formats, phrase }: Words): TotalContent[] {
  const { kind, netTotal, taxes, total, amountDue } = invoice;
  const decimals = Math.max(decimalsOf(total), decimalsOf(amountDue));
  const paid = decimalOf(unitsOf(amountDue, decimals) - unitsOf(total, decimals), decimals);
  const rows: TotalContent[] = [
    { label: labels.netTotal, value: figure(formats.number(netTotal)), emphasis: "none" },
    ...taxes.map(({ name, percent, amount }) => ({
      label: `${printable(name)} ${formats.percent(percent)}`,
      value: figure(formats.number(amount)),
      emphasis: "none" as const,
    })),
  ];
  if (kind === "credit_note")
    return [...rows, { label: labels.amountCredited, value: phrase(formats.money(total)), emphasis: "due" }];
  rows.push({ label: labels.total, value: figure(formats.number(total)), emphasis: "sum" });
  if (kind === "invoice" && !isZero(paid))
    rows.push({ label: labels.paid, value: figure(formats.number(paid)), emphasis: "none" });
  return [...rows, { label: labels.amountDue, value: phrase(formats.money(amountDue)), emphasis: "due" }];
}

function earlyPaymentOf(invoice: Invoice, { labels, formats, rightToLeft }: Words): string | null {
  const { earlyPayment, amountDue } = invoice;
  if (earlyPayment === null) return null;
  const { percent, amount, until } = earlyPayment;
  const decimals = Math.max(decimalsOf(amount), decimalsOf(amountDue));
  const remaining = decimalOf(unitsOf(amountDue, decimals) - unitsOf(amount, decimals), decimals);
  return filled(labels.earlyPayment, {
    percent: isolated(formats.percent(percent), rightToLeft),
    amount: isolated(formats.money(amount), rightToLeft),
    date: isolated(formats.day(until), rightToLeft),
    remaining: isolated(formats.money(remaining), rightToLeft),
  });
}

function paymentOf(invoice: Invoice, { labels, rightToLeft }: Words): PaymentContent | null {
  const { paymentUrl } = invoice;
  if (paymentUrl === null || !/^https?:\/\//i.test(paymentUrl) || !URL.canParse(paymentUrl)) return null;
  const url = new URL(paymentUrl).href;
  const number = isolated(printable(invoice.number), rightToLeft);
  return { url, qr: qrCodeSvg(url), reference: filled(labels.reference, { number }) };
}

function fiscalOf({ fiscal }: Invoice, { labels, rightToLeft }: Words): InvoiceContent["fiscal"] {
  if (fiscal === null) return null;
  const authority = isolated(breakable(plainText(fiscal.authority)).text, rightToLeft);
  return {
    registered: filled(labels.registered, { authority }),
    reference: breakable(plainText(fiscal.reference)).text,
    qr: fiscal.qr === null ? null : qrCodeSvg(fiscal.qr),
  };
}

/** Keeps what is put into a sentence from turning the words beside it; left-to-right sentences do without. */
function isolated(text: string, rightToLeft: boolean): string {
  return rightToLeft ? `\u2068${text}\u2069` : text;
}

function isZero(decimal: string): boolean {
  return /^-?[0.]*$/.test(decimal);
}

function negated(decimal: InvoiceLine["discount"]): string {
  return decimal.startsWith("-") ? decimal.slice(1) : `-${decimal}`;
}
