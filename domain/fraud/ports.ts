import type { FraudAlert, FraudPattern } from "../events/fraud-alert.ts";
import type { FraudSeverity } from "./severity.ts";
import type { Destination } from "./destinations.ts";
import type { Baseline, DestinationCounts, TrafficCounts } from "./detection.ts";

/** One record's share of a window. */
export interface TrafficRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly tenantId: string;
  /** Epoch ms at which the window began. */
  readonly window: number;
  readonly country: string;
  /** Null where unknown. */
  readonly prefix: string | null;
  readonly kind: keyof TrafficCounts;
}

export interface TrafficPosition {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: bigint;
}

/** Counts of traffic by tenant, window and destination. Everything throws Unavailable when the store cannot be reached. */
export interface TrafficWindows {
  /** Adds the records up, each once however often its offset comes. */
  count(records: readonly TrafficRecord[], positions: readonly TrafficPosition[]): Promise<void>;
  /** Of each tenant's window: ascending by nothing in particular. */
  read(windows: readonly { readonly tenantId: string; readonly window: number }[]): Promise<
    readonly {
      readonly tenantId: string;
      readonly window: number;
      readonly counts: readonly DestinationCounts[];
    }[]
  >;
  baseline(tenantId: string, window: number): Promise<Baseline>;
  /** Forgets windows that began before; answers how many rows there were. */
  prune(before: number): Promise<number>;
}

export const DECISIONS = ["release", "block", "suspend", "refund"] as const;
export type CaseDecisionKind = (typeof DECISIONS)[number];

/** A person's word on a case; there is one. */
export interface CaseDecision {
  readonly decision: CaseDecisionKind;
  readonly actor: string;
  readonly reason: string;
  readonly note: string | null;
  /** Epoch ms. */
  readonly at: number;
}

export interface TimelineEntry {
  /** Epoch ms. */
  readonly at: number;
  readonly text: string;
}

/** What stands behind a suspicion. Counts and pseudonyms; no number, no text. */
export interface CaseEvidence {
  /** Epoch ms, [from, to): of all its alerts. */
  readonly from: number;
  readonly to: number;
  /** Messages to the affected destinations by country and state, the most first; at most a hundred. */
  readonly messages: readonly {
    readonly country: string | null;
    readonly state: string;
    readonly messages: number;
  }[];
  /** The ranges they went to, the most first; at most twenty. */
  readonly prefixes: readonly { readonly prefix: string; readonly messages: number }[];
  readonly conversations: number;
  /** What the ledger charged for it, by currency: decimal. */
  readonly spend: readonly { readonly currency: string; readonly amount: string; readonly charges: number }[];
  /** Conversations as examples. */
  readonly samples: readonly string[];
  /** Epoch ms. */
  readonly gatheredAt: number;
}

export type CaseStatus = "open" | "decided" | "closed";

export interface FraudCase {
  /** FC-2026-000017. */
  readonly caseId: string;
  readonly tenantId: string;
  readonly pattern: FraudPattern;
  readonly severity: FraudSeverity;
  readonly status: CaseStatus;
  readonly destinations: readonly Destination[];
  /** Ids of its alerts, the oldest first. */
  readonly alerts: readonly FraudAlert[];
  readonly evidence: CaseEvidence | null;
  readonly timeline: readonly TimelineEntry[];
  readonly decision: CaseDecision | null;
  /** Of its flow. */
  readonly workflowId: string;
  readonly openedAt: number;
  readonly closedAt: number | null;
}

export interface CaseFilter {
  readonly tenantId: string | null;
  readonly status: CaseStatus | null;
  readonly severity: FraudSeverity | null;
}

/** `known`: every alert belongs to a case that is closed, or a person released the same within a day. */
export type OpenedCase =
  | { readonly kind: "open"; readonly caseId: string }
  | { readonly kind: "known"; readonly because: string };

/** The cases. Everything throws Unavailable when the store cannot be reached, and may be repeated for one effect. */
export interface FraudCases {
  /** The open case of the tenant and pattern, made if there is none. */
  open(step: {
    readonly tenantId: string;
    readonly pattern: FraudPattern;
    readonly workflowId: string;
    readonly alerts: readonly FraudAlert[];
    /** Epoch ms. */
    readonly now: number;
  }): Promise<OpenedCase>;
  /** Alerts, severity and destinations of an open case, as they are now. */
  extend(
    caseId: string,
    step: {
      readonly alerts: readonly FraudAlert[];
      readonly severity: FraudSeverity;
      readonly destinations: readonly Destination[];
    },
  ): Promise<void>;
  setEvidence(caseId: string, evidence: CaseEvidence): Promise<void>;
  /** @param key tells one entry from another: the same again is the same entry. */
  tell(caseId: string, key: string, entry: TimelineEntry): Promise<void>;
  decide(caseId: string, decision: CaseDecision): Promise<void>;
  close(caseId: string, at: number): Promise<void>;
  find(caseId: string): Promise<FraudCase | null>;
  /** The newest first. */
  list(
    filter: CaseFilter,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<{ readonly rows: readonly FraudCase[]; readonly next: string | null }>;
}

/** The traffic that a case is about. */
export interface AffectedTraffic {
  readonly tenantId: string;
  /** Empty: wherever it went. */
  readonly destinations: readonly Destination[];
  /** Epoch ms, [from, to). */
  readonly from: number;
  readonly to: number;
}

export interface AffectedCharge {
  /** The ledger's transaction id. */
  readonly transactionId: string;
  readonly currency: string;
}

/** What messages and the ledger know of a case's traffic. Everything throws Unavailable when PostgreSQL cannot be reached. */
export interface CaseTraffic {
  messages(traffic: AffectedTraffic): Promise<CaseEvidence["messages"]>;
  prefixes(traffic: AffectedTraffic): Promise<CaseEvidence["prefixes"]>;
  conversations(traffic: AffectedTraffic): Promise<number>;
  spend(traffic: AffectedTraffic): Promise<CaseEvidence["spend"]>;
  /** Charges of the `limit` messages after `after`, a cursor; `next` is null behind the last. */
  charges(
    traffic: AffectedTraffic,
    after: string | null,
    limit: number,
  ): Promise<{ readonly charges: readonly AffectedCharge[]; readonly next: string | null }>;
}

/** Hands alerts to the cases' flows. */
export interface FraudAlerts {
  /**
   * Opens the case's flow, or tells the one that runs. When it resolves, Temporal has the alert for good; the same again changes nothing.
   * @throws Unavailable when Temporal cannot be reached.
   */
  deliver(alert: FraudAlert): Promise<void>;
}

/** Whom a case asks, in their order: each after the one before has had its time. */
export const CASE_LEVELS = ["support", "manager", "owner"] as const;
export type CaseLevel = (typeof CASE_LEVELS)[number];

export interface CaseLink {
  readonly caseId: string;
  readonly workflowId: string;
  readonly level: CaseLevel;
}

/** Signed links to a case's page: whoever holds one decides as its level may. */
export interface CaseLinks {
  /** @param expiresAt epoch ms. */
  urlOf(link: CaseLink, expiresAt: number): string;
  /** Null where the token is none of ours or too old. */
  read(token: string, now: number): CaseLink | null;
}

/** The operator's own webhook. */
export interface OperatorWebhook {
  /**
   * @param id tells one call from another: a receiver can drop repeats by it.
   * @returns why it was refused for good, null once it was taken. @throws Unavailable when trying again may help.
   */
  post(id: string, type: string, data: Readonly<Record<string, unknown>>): Promise<string | null>;
}
