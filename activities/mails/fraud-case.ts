import { describeDestination } from "#domain/fraud/destinations.ts";
import type { FraudCase } from "#domain/fraud/ports.ts";
import type { Mail } from "#domain/mail/ports.ts";
import type { CaseMessage } from "#workflows/fraud-case/api.ts";
import { letter } from "./letter.ts";

export interface CaseMail {
  readonly fraudCase: FraudCase;
  readonly kind: CaseMessage | "report";
  readonly to: string;
  /** With the case its Message-ID. */
  readonly step: number;
  /** Of the case's page; null where nothing is asked. */
  readonly link: string | null;
  /** Of its flow in Temporal's Web UI. */
  readonly flowLink: string;
  /** Epoch ms at which the next one is asked. */
  readonly dueAt: number | null;
}

const WORDS: Readonly<Record<CaseMail["kind"], readonly [subject: string, paragraph: string]>> = {
  ask: [
    "Fraud is suspected",
    "a fraud is suspected. The destinations below are closed to the tenant until somebody decides. Please look at the case and decide.",
  ],
  escalation: [
    "Fraud is suspected, and nobody has decided yet",
    "a fraud is suspected. The destinations below are closed to the tenant until somebody decides, and you are asked next.",
  ],
  undecided: [
    "Nobody has decided a suspected fraud in time",
    "everybody has been asked and nobody has decided. What is frozen stays frozen, and the tenant is not suspended, until somebody decides.",
  ],
  reminder: [
    "A suspected fraud still waits for a decision",
    "a suspected fraud still waits for a decision. What is frozen stays frozen until then.",
  ],
  report: ["A fraud case is closed", "the case is closed. This is how it went."],
};

/** Shown of many; the page has them all. */
const DESTINATIONS_SHOWN_MAX = 10;
const TIMELINE_SHOWN_MAX = 30;

/** To a person of the operator's: counts, countries and leading digits, no number. */
export function caseMail({ fraudCase, kind, to, step, link, flowLink, dueAt }: CaseMail): Mail {
  const [subject, paragraph] = WORDS[kind];
  const { caseId, tenantId } = fraudCase;
  return letter({
    messageId: `fraud.${caseId}.${step}@catalyst`,
    to,
    subject: `${subject}: ${caseId}, ${tenantId}`,
    name: "colleague",
    paragraphs: [paragraph, ...(link === null ? [] : [`Look and decide: ${link}`])],
    facts: [
      ["Case", caseId],
      ["Tenant", tenantId],
      ["Pattern", fraudCase.pattern.replaceAll("_", " ")],
      ["Severity", fraudCase.severity],
      ["Destinations", destinationsOf(fraudCase)],
      ...evidenceFacts(fraudCase),
      ...(dueAt === null ? [] : [["Decide before", new Date(dueAt).toISOString()] as const]),
      ...(kind === "report" ? reportFacts(fraudCase) : []),
      ["Flow", flowLink],
    ],
  });
}

function destinationsOf({ destinations }: FraudCase): string {
  const shown = destinations.slice(0, DESTINATIONS_SHOWN_MAX).map(describeDestination).join(", ");
  const more = destinations.length - DESTINATIONS_SHOWN_MAX;
  if (shown === "") return "none in particular";
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function evidenceFacts({ evidence }: FraudCase): (readonly [string, string])[] {
  if (evidence === null) return [];
  const spend = evidence.spend.map(
    ({ amount, currency, charges }) => `${amount} ${currency} (${charges} charges)`,
  );
  return [
    ["Messages", String(evidence.messages.reduce((sum, { messages }) => sum + messages, 0))],
    ["Conversations", String(evidence.conversations)],
    ["Charged for them", spend.length === 0 ? "nothing" : spend.join(", ")],
  ];
}

function reportFacts({ decision, timeline }: FraudCase): (readonly [string, string])[] {
  return [
    ...(decision === null
      ? []
      : [
          ["Decision", `${decision.decision}, by ${decision.actor}: ${decision.reason}`] as const,
          ...(decision.note === null ? [] : [["Note", decision.note] as const]),
        ]),
    ...timeline.slice(-TIMELINE_SHOWN_MAX).map(({ at, text }) => [new Date(at).toISOString(), text] as const),
  ];
}
