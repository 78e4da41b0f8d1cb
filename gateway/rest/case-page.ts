import { describeDestination } from "#domain/fraud/destinations.ts";
import type { CaseDecisionKind, FraudCase } from "#domain/fraud/ports.ts";

export interface CasePage {
  readonly fraudCase: FraudCase;
  /** What whoever looks may decide. */
  readonly choices: readonly CaseDecisionKind[];
  /** Why the decision was not taken; null where there is none. */
  readonly problem: string | null;
}

const WORDS: Readonly<Record<CaseDecisionKind, string>> = {
  release: "Release: no fraud. The destinations open again.",
  block: "Block: the destinations stay closed to this tenant for good.",
  suspend: "Suspend: the tenant's whole service goes off.",
  refund: "Refund: what this traffic was charged is given back, and the destinations open again.",
};

const STYLE = `body{margin:0;background:#f5f7fa;color:#1f2933;font:16px/1.5 system-ui,sans-serif}
main{max-width:760px;margin:32px auto;padding:32px;background:#fff;border-radius:12px;box-shadow:0 1px 4px #0002}
h1{margin:0 0 4px;font-size:26px}h2{margin:32px 0 8px;font-size:18px}
table{border-collapse:collapse;width:100%}td,th{padding:6px 16px 6px 0;border-bottom:1px solid #e4e7eb;text-align:left;vertical-align:top}
th{color:#616e7c;font-weight:400;white-space:nowrap}ol{padding-left:20px}time{color:#616e7c;margin-right:8px}
.severity{display:inline-block;padding:2px 12px;border-radius:99px;color:#fff;background:#627d98}
.high{background:#c65d21}.critical{background:#ba2525}.medium{background:#b48417}
.problem{padding:12px 16px;border-radius:8px;background:#ffe3e3}.decided{padding:12px 16px;border-radius:8px;background:#e3f9e5}
label{display:block;margin:10px 0}input[type=text],textarea{box-sizing:border-box;width:100%;padding:8px;border:1px solid #9aa5b1;border-radius:6px;font:inherit}
button{margin-top:12px;padding:10px 24px;border:0;border-radius:6px;background:#1f2933;color:#fff;font:inherit;cursor:pointer}`;

/** A case for a person who decides: what is suspected, what is known, and the form while nobody has decided. */
export function casePage({ fraudCase, choices, problem }: CasePage): string {
  const { caseId, tenantId, pattern, severity, destinations, evidence, timeline, decision } = fraudCase;
  const facts: [string, string][] = [
    ["Tenant", tenantId],
    ["Pattern", pattern.replaceAll("_", " ")],
    ["Closed to the tenant", destinations.map(describeDestination).join(", ") || "nothing in particular"],
    ...evidenceFacts(evidence),
    ...alertFacts(fraudCase),
  ];
  const told = timeline.map(({ at, text }) => `<li><time>${isoMinute(at)}</time>${escaped(text)}</li>`);
  return document(
    caseId,
    `<h1>${escaped(caseId)}</h1>
<p><span class="severity ${severity}">${severity}</span> opened ${isoMinute(fraudCase.openedAt)}</p>
${problem === null ? "" : `<p class="problem">${escaped(problem)}.</p>`}
<table>${facts.map(([label, value]) => `<tr><th>${escaped(label)}</th><td>${escaped(value)}</td></tr>`).join("")}</table>
${decision === null ? decisionForm(choices) : `<h2>Decision</h2><p class="decided">${escaped(`${decision.decision}, by ${decision.actor}: ${decision.reason}`)}</p>`}
<h2>What happened</h2><ol>${told.join("")}</ol>`,
  );
}

/** Of a link that is too old or none of ours: which, nobody learns. */
export function goneCasePage(): string {
  return document(
    "No such case",
    "<h1>This link leads nowhere</h1><p>It may have expired. The latest mail about the case has a link that holds, and the operator's API lists all cases.</p>",
  );
}

function evidenceFacts(evidence: FraudCase["evidence"]): [string, string][] {
  if (evidence === null) return [["Evidence", "is still being gathered"]];
  const states = evidence.messages.map(
    ({ country, state, messages }) => `${messages} ${state} (${country ?? "unknown"})`,
  );
  const ranges = evidence.prefixes.map(({ prefix, messages }) => `+${prefix}: ${messages}`);
  const spend = evidence.spend.map(
    ({ amount, currency, charges }) => `${amount} ${currency} in ${charges} charges`,
  );
  return [
    ["Messages", states.join(", ") || "none"],
    ["Ranges", ranges.join(", ") || "none"],
    ["Conversations", String(evidence.conversations)],
    ["Charged for them", spend.join(", ") || "nothing"],
  ];
}

function alertFacts({ alerts }: FraudCase): [string, string][] {
  return alerts.map(({ at, reporter, evidence, note }) => {
    const counts = Object.entries(evidence).map(([name, count]) => `${count} ${name.replaceAll("_", " ")}`);
    return [`Alert of ${isoMinute(at)}`, [reporter, counts.join(", "), note].filter(Boolean).join(": ")];
  });
}

function decisionForm(choices: readonly CaseDecisionKind[]): string {
  const options = choices.map(
    (choice) =>
      `<label><input type="radio" name="decision" value="${choice}" required> ${escaped(WORDS[choice])}</label>`,
  );
  return `<h2>Decide</h2><form method="post">${options.join("")}
<label>Your name<input type="text" name="name" maxlength="100" required></label>
<label>Reason<input type="text" name="reason" maxlength="500" required></label>
<label>Note (no phone number)<textarea name="note" maxlength="500" rows="2"></textarea></label>
<button type="submit">Decide</button></form>`;
}

function document(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body><main>
${body}
</main></body></html>
`;
}

function isoMinute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
