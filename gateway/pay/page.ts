import { formatMinor } from "#domain/money/minor-units.ts";
import { isClosed, type Payment, type PaymentState, receivedMinor } from "#domain/payments/payment.ts";

const WORDS: Readonly<Record<PaymentState, string>> = {
  collecting: "Your payment is being collected.",
  requires_action: "Your payment waits for you.",
  awaiting_transfer: "Please pay below, or by bank transfer with the reference.",
  retrying: "Your payment was declined. Please pay below.",
  overdue: "This payment is overdue. Please pay below.",
  paid: "Paid. Thank you.",
  declined: "This payment was declined and is not collected any more.",
  abandoned: "This payment was not made in time and is not collected any more.",
  cancelled: "This payment is not collected any more. There is nothing to do.",
  uncollectible: "Please write to us about this payment.",
};

const STYLE = `:root{color-scheme:light dark;--ink:#1f2933;--soft:#616e7c;--paper:#fff;--ground:#f5f7fa;--line:#e4e7eb;--brand:#0b5fff}
@media(prefers-color-scheme:dark){:root{--ink:#e4e7eb;--soft:#9aa5b1;--paper:#1c2733;--ground:#12181f;--line:#323f4b;--brand:#6ea0ff}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{width:min(26rem,100% - 2rem);padding:2rem;background:var(--paper);border:1px solid var(--line);border-radius:12px}
h1{margin:0;font-size:1rem;font-weight:500;color:var(--soft)}.amount{margin:.25rem 0 1.25rem;font-size:2.25rem;font-weight:600;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:auto 1fr;gap:.5rem 1.5rem;margin:0 0 1.25rem;padding:1rem 0;border-block:1px solid var(--line)}dt{color:var(--soft)}dd{margin:0;text-align:end;overflow-wrap:anywhere}
p{margin:0 0 1.25rem}button{width:100%;padding:.75rem;border:0;border-radius:8px;background:var(--brand);color:var(--paper);font:inherit;font-weight:600;cursor:pointer}`;

/** What the payer sees of a payment: nothing that a letter about it would not say. */
export function payPage(payment: Payment, note: string | null = null): string {
  const { currency, invoiceNumber, paymentId, dueAt, state, amountMinor, movements } = payment;
  const received = receivedMinor(movements);
  const open = amountMinor > received ? amountMinor - received : 0n;
  const money = (minor: bigint): string => `${formatMinor(minor, currency)} ${currency}`;
  const facts: (readonly [string, string])[] = [
    ["Reference", paymentId],
    ...(dueAt === null ? [] : [["Due", new Date(dueAt).toISOString().slice(0, 10)] as const]),
    ...(received > 0n && state !== "paid" ? [["Received", money(received)] as const] : []),
  ];
  const rows = facts.map(([label, value]) => `<dt>${escaped(label)}</dt><dd>${escaped(value)}</dd>`).join("");
  const title = invoiceNumber === null ? "Top-up" : `Invoice ${invoiceNumber}`;
  const button = isClosed(state)
    ? ""
    : `<form method="post"><button>Pay ${escaped(money(open))}</button></form>`;
  return document(
    title,
    `<h1>${escaped(title)}</h1><div class="amount">${escaped(money(state === "paid" ? received : open))}</div>
<dl>${rows}</dl><p>${escaped(note ?? WORDS[state])}</p>${button}`,
  );
}

export function noSuchPayment(): string {
  return document(
    "No such payment",
    `<div class="amount">Nothing to pay</div><p>This link leads to no payment. Please look at the letter that it came with.</p>`,
  );
}

function document(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${escaped(title)}</title><style>${STYLE}</style>
<main>${body}</main>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
