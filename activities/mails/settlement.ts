import type { Mail } from "#domain/mail/ports.ts";
import { reportPage } from "#domain/settlement/report-page.ts";
import type { SettlementReport, SignedReport } from "#domain/settlement/report.ts";

/** Lines of the plain text; the page has all. */
const SHOWN_MAX = 20;

/** The report itself as the mail's page, and what a person has to do in plain text. */
export function settlementMail(
  report: SignedReport,
  { email, publicUrl }: { readonly email: string; readonly publicUrl: string },
): Mail {
  const { day, revision, hash } = report;
  const { differences, compared } = JSON.parse(report.body) as SettlementReport;
  const { found, cases, adjusted, listed } = differences;
  const verdict = found === 0 ? "everything agrees" : `${cases} cases, ${adjusted} adjusted`;
  const open = listed.filter(({ outcome }) => outcome === "case").slice(0, SHOWN_MAX);
  return {
    messageId: `settlement.${day}.${revision}@catalyst`,
    to: email,
    subject: `Settlement of ${day}: ${verdict}`,
    text: [
      `Settlement of ${day}: ${verdict}.`,
      "",
      `  Wallets    ${compared.wallets}`,
      `  Messages   ${compared.messages}`,
      `  Invoices   ${compared.invoices}`,
      `  Payments   ${compared.payments}`,
      "",
      ...open.flatMap(({ severity, kind, explanation, remedy }) => [
        `${severity} ${kind}: ${explanation}`,
        `  ${remedy}`,
        "",
      ]),
      ...(cases > open.length ? [`and ${cases - open.length} more cases`, ""] : []),
      `${publicUrl}/api/v2/settlements/${day}/report (with a key of finance)`,
      `SHA-256 ${hash}`,
      "",
    ].join("\n"),
    html: reportPage(report),
  };
}
