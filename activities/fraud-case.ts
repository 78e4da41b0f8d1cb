import { ApplicationFailure } from "@temporalio/common";
import type { Clock } from "#domain/clock.ts";
import {
  blockForGood,
  describeDestination,
  freeze,
  type FrozenDestination,
  release,
} from "#domain/fraud/destinations.ts";
import type {
  AffectedTraffic,
  CaseLevel,
  CaseLinks,
  CaseTraffic,
  FraudCase,
  FraudCases,
  OperatorWebhook,
} from "#domain/fraud/ports.ts";
import type { Mailer } from "#domain/mail/ports.ts";
import { formatMoney, money, type Money, parseMoney, ZERO } from "#domain/money/money.ts";
import type { ControlAnnouncements, TenantStore } from "#domain/tenants/tenant-store.ts";
import type { Corrections } from "#domain/wallet/corrections.ts";
import type { SlaMinutes } from "#domain/fraud/open-case.ts";
import type { FraudCaseActivities } from "#workflows/fraud-case/api.ts";
import { caseMail } from "./mails/fraud-case.ts";

/** Of the activity that runs: tells the server that it is alive, and where the next attempt goes on. */
export interface Progress {
  heartbeat(details: unknown): void;
  /** What the attempt before said last; undefined on the first. */
  details(): unknown;
  /** Rejects when the activity is cancelled meanwhile. */
  sleep(ms: number): Promise<void>;
}

export interface FraudCaseDependencies {
  readonly cases: FraudCases;
  readonly traffic: CaseTraffic;
  readonly tenants: Pick<TenantStore, "get" | "change">;
  readonly announcements: ControlAnnouncements;
  readonly corrections: Pick<Corrections, "refund">;
  readonly mailer: Mailer;
  /** Null where the operator has none. */
  readonly webhook: OperatorWebhook | null;
  readonly links: CaseLinks;
  readonly emails: Readonly<Record<CaseLevel, string>>;
  readonly slaMinutes: SlaMinutes;
  /** Of a flow in Temporal's Web UI. */
  readonly flowLink: (workflowId: string) => string;
  readonly progress: Progress;
  readonly clock: Clock;
}

/** A link outlives the longest time to decide by a month. */
const LINK_MS = 60 * 86_400_000;
const SUSPENSION_ASKED_EVERY_MS = 1_000;
const SUSPENSION_AWAITED_MS = 600_000;
/** Messages whose charges are refunded between two heartbeats: about a second. */
const MESSAGES_PER_PAGE = 200;
/** Of one case: what is more is finance's to settle by an adjustment, with a reason. */
const REFUNDS_MAX = 100_000;

/** What these throw is Unavailable or Stale (tried again), or says that the case is gone. */
export function createFraudCaseActivities(dependencies: FraudCaseDependencies): FraudCaseActivities {
  return {
    ...records(dependencies),
    ...freezing(dependencies),
    ...findings(dependencies),
    ...telling(dependencies),
  };
}

/** The case as it stands in the books. */
function records(
  dependencies: FraudCaseDependencies,
): Pick<FraudCaseActivities, "openCase" | "extendCase" | "recordDecision" | "closeCase"> {
  const { cases, clock, slaMinutes } = dependencies;
  return {
    async openCase({ tenantId, pattern, workflowId, alerts }) {
      const now = clock.now();
      const opened = await cases.open({ tenantId, pattern, workflowId, alerts, now });
      if (opened.kind === "open") {
        const reporters = [...new Set(alerts.map(({ reporter }) => reporter))].join(", ");
        await tell(dependencies, opened.caseId, 0, `opened: ${alerts.length} alerts of ${reporters}`);
      }
      return { ...opened, slaMinutes };
    },

    async extendCase({ caseId, step, alerts, severity, destinations }) {
      await cases.extend(caseId, { alerts, severity, destinations });
      await tell(dependencies, caseId, step, `${alerts.length} more alerts, now ${severity}`);
    },

    async recordDecision({ caseId, step, decision }) {
      await cases.decide(caseId, decision);
      await tell(
        dependencies,
        caseId,
        step,
        `${decision.decision}, decided by ${decision.actor}: ${decision.reason}`,
      );
    },

    async closeCase({ caseId, step, text }) {
      await tell(dependencies, caseId, step, `closed: ${text}`);
      await cases.close(caseId, clock.now());
    },
  };
}

/** What is closed to the tenant. */
function freezing(
  dependencies: FraudCaseDependencies,
): Pick<FraudCaseActivities, "freezeDestinations" | "releaseDestinations" | "blockDestinations"> {
  const { cases, clock } = dependencies;
  return {
    async freezeDestinations({ caseId, tenantId, step, destinations }) {
      await changeFrozen(dependencies, tenantId, caseId, (frozen) =>
        freeze(frozen, caseId, destinations, clock.now()),
      );
      const { severity } = await caseOf(cases, caseId);
      await cases.extend(caseId, { alerts: [], severity, destinations });
      await tell(dependencies, caseId, step, `frozen: ${destinations.map(describeDestination).join(", ")}`);
    },

    async releaseDestinations({ caseId, tenantId, step }) {
      await changeFrozen(dependencies, tenantId, caseId, (frozen) => release(frozen, caseId));
      await tell(dependencies, caseId, step, "destinations open again");
    },

    async blockDestinations({ caseId, tenantId, step }) {
      await changeFrozen(dependencies, tenantId, caseId, (frozen) =>
        frozen.every((one) => one.caseId !== caseId || one.permanent) ? frozen : blockForGood(frozen, caseId),
      );
      await tell(dependencies, caseId, step, "destinations blocked for good");
    },
  };
}

/** What takes long: each says that it is alive. */
function findings(
  dependencies: FraudCaseDependencies,
): Pick<FraudCaseActivities, "gatherEvidence" | "awaitSuspension" | "refundTraffic"> {
  const { cases, traffic, tenants, clock, progress } = dependencies;
  return {
    async gatherEvidence({ caseId, tenantId, step, destinations, from, to, samples }) {
      const affected: AffectedTraffic = { tenantId, destinations, from, to };
      const messages = await traffic.messages(affected);
      progress.heartbeat("messages");
      const prefixes = await traffic.prefixes(affected);
      progress.heartbeat("prefixes");
      const conversations = await traffic.conversations(affected);
      progress.heartbeat("conversations");
      const spend = await traffic.spend(affected);
      const gatheredAt = clock.now();
      await cases.setEvidence(caseId, {
        from,
        to,
        messages,
        prefixes,
        conversations,
        spend,
        samples,
        gatheredAt,
      });
      const count = messages.reduce((sum, one) => sum + one.messages, 0);
      const charged = spend.map(({ amount, currency }) => `${amount} ${currency}`).join(", ");
      const summary = `${count} messages of ${conversations} conversations, ${charged === "" ? "nothing" : charged} charged`;
      await tell(dependencies, caseId, step, `evidence: ${summary}`);
      return { summary };
    },

    async awaitSuspension({ caseId, tenantId, step }) {
      const until = clock.now() + SUSPENSION_AWAITED_MS;
      for (;;) {
        const tenant = await tenants.get(tenantId);
        const suspended = tenant === null || tenant.status === "suspended" || tenant.status === "closed";
        if (suspended || clock.now() >= until) {
          await tell(
            dependencies,
            caseId,
            step,
            suspended ? "service is off" : "service is not off after ten minutes",
          );
          return { suspended };
        }
        progress.heartbeat(null);
        await progress.sleep(SUSPENSION_ASKED_EVERY_MS);
      }
    },

    async refundTraffic({ caseId, tenantId, step, destinations, from, to, actor, reason }) {
      const affected: AffectedTraffic = { tenantId, destinations, from, to };
      const summary = await refundAll(dependencies, affected, { caseId, actor, reason });
      await tell(dependencies, caseId, step, summary);
      return { summary };
    },
  };
}

/** Mails and calls. */
function telling(
  dependencies: FraudCaseDependencies,
): Pick<FraudCaseActivities, "mailCase" | "callOperator" | "mailReport"> {
  const { cases, mailer, webhook, emails } = dependencies;
  return {
    async mailCase({ caseId, step, kind, level, dueAt }) {
      const fraudCase = await caseOf(cases, caseId);
      const outcome = await mailer.send(
        caseMail({
          fraudCase,
          kind,
          step,
          dueAt,
          to: emails[level],
          link: linkOf(dependencies, fraudCase, level),
          flowLink: dependencies.flowLink(fraudCase.workflowId),
        }),
      );
      const refused = outcome.kind === "refused" ? `, refused: ${outcome.reason}` : "";
      await tell(dependencies, caseId, step, `${kind}: ${level} mailed${refused}`);
      return outcome;
    },

    async callOperator({ caseId, step, kind, level, dueAt }) {
      if (webhook === null) return { kind: "none" };
      const fraudCase = await caseOf(cases, caseId);
      const { tenantId, pattern, severity, decision } = fraudCase;
      const refused = await webhook.post(`fraud.${caseId}.${step}`, `fraud_case.${kind}`, {
        case_id: caseId,
        tenant_id: tenantId,
        pattern,
        severity,
        level,
        decide_before: dueAt === null ? null : new Date(dueAt).toISOString(),
        decision: decision?.decision ?? null,
        decided_by: decision?.actor ?? null,
        link: kind === "decided" ? null : linkOf(dependencies, fraudCase, level),
        flow: dependencies.flowLink(fraudCase.workflowId),
      });
      return refused === null ? { kind: "accepted" } : { kind: "refused", reason: refused };
    },

    async mailReport({ caseId, step }) {
      const fraudCase = await caseOf(cases, caseId);
      return mailer.send(
        caseMail({
          fraudCase,
          kind: "report",
          step,
          to: emails.owner,
          link: null,
          flowLink: dependencies.flowLink(fraudCase.workflowId),
          dueAt: null,
        }),
      );
    },
  };
}

/** @param step names the entry: an activity that runs again tells nothing twice. */
function tell(
  { cases, clock }: FraudCaseDependencies,
  caseId: string,
  step: number,
  text: string,
): Promise<void> {
  return cases.tell(caseId, String(step).padStart(6, "0"), { at: clock.now(), text });
}

async function changeFrozen(
  { tenants, announcements }: FraudCaseDependencies,
  tenantId: string,
  caseId: string,
  change: (frozen: readonly FrozenDestination[]) => readonly FrozenDestination[],
): Promise<void> {
  const tenant = await tenants.get(tenantId);
  // Closed is final: nothing is sent for it any more.
  if (tenant === null || tenant.status === "closed") return;
  const before = tenant.frozenDestinations ?? [];
  const after = change(before);
  if (after.length !== before.length || after.some((one, at) => one !== before[at])) {
    const by = { actor: `fraud case ${caseId}`, expectedRevision: tenant.revision };
    const outcome = await tenants.change(tenantId, { frozenDestinations: [...after] }, by);
    if (outcome.kind === "stale")
      throw ApplicationFailure.retryable("the tenant has just been changed", "Stale");
  }
  // Published even where nothing changed: the attempt before may have been killed in between.
  await announcements.flush();
}

async function caseOf(cases: FraudCases, caseId: string): Promise<FraudCase> {
  const found = await cases.find(caseId);
  if (found === null) throw ApplicationFailure.nonRetryable(`${caseId} is not there`, "NoSuchCase");
  return found;
}

function linkOf(
  { links, clock }: FraudCaseDependencies,
  { caseId, workflowId }: FraudCase,
  level: CaseLevel,
): string {
  return links.urlOf({ caseId, workflowId, level }, clock.now() + LINK_MS);
}

/** How far a refund is; travels in heartbeats, so amounts are decimal. */
interface Refunded {
  readonly after: string | null;
  readonly charges: number;
  readonly amounts: Readonly<Record<string, string>>;
}

/** Page by page, each charge under an id of its own: what an attempt before has refunded is the same refund. */
async function refundAll(
  { traffic, corrections, progress, clock }: FraudCaseDependencies,
  affected: AffectedTraffic,
  by: { readonly caseId: string; readonly actor: string; readonly reason: string },
): Promise<string> {
  const last = progress.details() as Refunded | undefined;
  let after = last?.after ?? null;
  let charges = last?.charges ?? 0;
  const amounts = new Map(
    Object.entries(last?.amounts ?? {}).map(([currency, text]) => [currency, parseMoney(text) ?? ZERO]),
  );
  for (;;) {
    const page = await traffic.charges(affected, after, MESSAGES_PER_PAGE);
    for (const { transactionId } of page.charges) {
      const decision = await corrections.refund({
        correctionId: `${by.caseId}:${transactionId}`,
        originalId: transactionId,
        amount: null,
        reason: `${by.caseId}: ${by.reason}`,
        actor: by.actor,
        decidedAt: clock.now(),
      });
      // What a person has refunded already is left alone.
      if (decision.kind !== "decided") continue;
      charges += 1;
      const { currency, movement } = decision.correction;
      amounts.set(currency, money((amounts.get(currency) ?? ZERO) + movement.amount));
    }
    after = page.next;
    if (after === null) return describeRefund(charges, amounts, false);
    if (charges >= REFUNDS_MAX) return describeRefund(charges, amounts, true);
    progress.heartbeat({ after, charges, amounts: Object.fromEntries(decimals(amounts)) } satisfies Refunded);
  }
}

function decimals(amounts: ReadonlyMap<string, Money>): [string, string][] {
  return [...amounts].map(([currency, amount]) => [currency, formatMoney(amount)]);
}

function describeRefund(charges: number, amounts: ReadonlyMap<string, Money>, isCut: boolean): string {
  const sums = decimals(amounts).map(([currency, amount]) => `${amount} ${currency}`);
  const told = `${charges} charges refunded${sums.length === 0 ? "" : `: ${sums.join(", ")}`}`;
  return isCut ? `${told}; there are more, which finance settles by an adjustment` : told;
}
