import type { DifferenceLine, SettlementReport, SignedReport } from "./report.ts";

const STYLE = `body{margin:0;background:#f5f7fa;color:#1f2933;font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:24px auto;padding:32px;background:#fff;border-radius:8px}
h1{margin:0 0 4px;font-size:24px}h2{margin:32px 0 8px;font-size:17px}p{margin:4px 0;color:#52606d}
table{border-collapse:collapse;width:100%}th,td{padding:6px 12px 6px 0;border-bottom:1px solid #e4e7eb;text-align:left;vertical-align:top}
th{color:#616e7c;font-weight:500}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
code{font:12px/1.4 ui-monospace,monospace;word-break:break-all}
.critical,.high{color:#ab091e}.medium{color:#8d5b00}.ok{color:#0f6b3a}`;

/** A report for people: everything that was signed, and the signature. Holds no script and asks for nothing from elsewhere. */
export function reportPage({ body, hash, signature, keyId }: SignedReport): string {
  const report = JSON.parse(body) as SettlementReport;
  const { day, revision, differences } = report;
  const verdict =
    differences.found === 0
      ? `<p class="ok">Everything agrees.</p>`
      : `<p>${differences.found} differences: ${differences.adjusted} adjusted, ${differences.cases} cases, ${differences.counted} beyond the limits.</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Settlement of ${escaped(day)}</title><style>${STYLE}</style></head><body><main>
<h1>Settlement of ${escaped(day)}</h1>
<p>Recorded from ${escaped(report.from)} to ${escaped(report.to)}; report ${report.position}, revision ${revision}, issued ${escaped(report.issued_at)}</p>
${verdict}
${comparedSection(report)}
${moneySections(report)}
${differencesSection(differences.listed)}
<h2>Signature</h2>
<p>SHA-256 <code>${escaped(hash)}</code></p>
<p>Ed25519 <code>${escaped(signature)}</code> by key <code>${escaped(keyId)}</code></p>
<p>Report before: <code>${report.previous === null ? "none" : `${report.previous.position} ${escaped(report.previous.hash)}`}</code></p>
</main></body></html>
`;
}

function comparedSection({ compared, providers_unreachable: unreachable }: SettlementReport): string {
  const { wallets, cached, messages, invoices, payments } = compared;
  const away =
    unreachable.length === 0
      ? ""
      : `<p class="high">Not compared, since they did not answer: ${escaped(unreachable.join(", "))}</p>`;
  return `<h2>Compared</h2>
${table(["Wallets", "of them in the cache", "Messages", "Invoices", "Payments"], [[wallets, cached, messages, invoices, payments]])}
${away}`;
}

function moneySections(report: SettlementReport): string {
  return [
    walletsSection(report),
    section(
      "Invoices",
      ["Currency", "Invoices", "Total", "Entries", "Rounding"],
      report.invoices.map((line) => [line.currency, line.count, line.total, line.entered, line.rounding]),
    ),
    providersSection(report),
    section(
      "Partners",
      ["Partner", "Currency", "Brought forward", "Commissions", "Amount", "Status"],
      report.partners.map((line) => [
        line.partner_id,
        line.currency,
        line.brought_forward,
        line.movements,
        line.amount,
        line.status,
      ]),
    ),
    section(
      "Carriers, by our own sheets",
      ["Connector", "Currency", "Charges", "Cost"],
      report.carriers.map((line) => [line.connector, line.currency, line.charges, line.cost]),
    ),
  ].join("\n");
}

function walletsSection({ currencies }: SettlementReport): string {
  return section(
    "Wallets",
    ["Currency", "Moved", "Entries", "Opening", "Charged", "Corrected", "Credited", "Closing", "Of it late"],
    Object.entries(currencies).map(([currency, of]) => [
      currency,
      `${of.moved} of ${of.wallets}`,
      of.entries,
      of.opening,
      of.charged,
      of.corrected,
      of.credited,
      of.closing,
      `${of.late_charged} (${of.late_entries})`,
    ]),
  );
}

function providersSection({ providers }: SettlementReport): string {
  return section(
    "Payment providers",
    [
      "Provider",
      "Currency",
      "Payments",
      "Held before",
      "Paid",
      "Given back",
      "Fees",
      "Paid out",
      "Held after",
    ],
    providers.map((line) => [
      line.provider,
      line.currency,
      line.payments,
      line.opening,
      line.paid,
      line.given_back,
      line.fees,
      line.paid_out,
      line.closing,
    ]),
  );
}

function differencesSection(listed: readonly DifferenceLine[]): string {
  if (listed.length === 0) return "";
  const rows = listed.map(
    (line) =>
      `<tr><td class="${line.severity}">${line.severity}</td><td>${escaped(line.kind)}</td><td>${escaped(line.tenant_id ?? "")}</td><td>${escaped(line.explanation)}</td><td>${line.outcome === "adjusted" ? "Done: " : ""}${escaped(line.remedy)}</td></tr>`,
  );
  return `<h2>Differences</h2>
<table><tr><th>Severity</th><th>Kind</th><th>Tenant</th><th>What</th><th>Remedy</th></tr>
${rows.join("\n")}
</table>`;
}

type Cell = string | number;

function section(title: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return rows.length === 0 ? "" : `<h2>${title}</h2>\n${table(heads, rows)}`;
}

/** The first column is a name, the others figures. */
function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cell = (tag: "th" | "td", value: Cell, index: number): string =>
    `<${tag}${index === 0 ? "" : ' class="n"'}>${escaped(String(value))}</${tag}>`;
  const lines = rows.map((row) => `<tr>${row.map((value, index) => cell("td", value, index)).join("")}</tr>`);
  return `<table><tr>${heads.map((head, index) => cell("th", head, index)).join("")}</tr>\n${lines.join("\n")}\n</table>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
