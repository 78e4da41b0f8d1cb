import { ApplicationFailure } from "@temporalio/common";
import type { Mailer } from "#domain/mail/ports.ts";
import { fromMinor } from "#domain/money/minor-units.ts";
import { formatMoney } from "#domain/money/money.ts";
import type { PaymentProvider, PaymentProviderName, ProviderMovement } from "#domain/payments/ports.ts";
import { settleableFrom, settlementDay, type SettlementDay } from "#domain/settlement/day.ts";
import type { Difference } from "#domain/settlement/differences.ts";
import type { PartnerStatement } from "#domain/settlement/partner-statement.ts";
import {
  heldAfter,
  paymentDifferences,
  payoutDifference,
  providerDays,
  type ProviderDay,
} from "#domain/settlement/payment-check.ts";
import type { RecordedPayments, ReportPlace, ReportSigner } from "#domain/settlement/ports.ts";
import {
  canonicalJson,
  type PartnerLine,
  type ProviderLine,
  type SettlementReport,
} from "#domain/settlement/report.ts";
import type { SettlementActivities } from "#workflows/settlement/api.ts";
import { settlementMail } from "./mails/settlement.ts";
import { settleDifferences, type Found } from "./settle-differences.ts";
import { createSettlementPages, type PagesDependencies } from "./settle-pages.ts";

export interface SettlementDependencies extends PagesDependencies {
  readonly payments: RecordedPayments;
  readonly providers: readonly Pick<PaymentProvider, "name" | "movements" | "standing">[];
  readonly signer: ReportSigner;
  readonly mailer: Mailer;
  /** Whoever runs the platform, and where people reach its door. */
  readonly operator: { readonly email: string; readonly publicUrl: string };
}

/** A provider books within hours what it told us at once: movements around midnight are matched across it. */
const AROUND_MS = 3 * 3_600_000;

/** What these throw is Unavailable (tried again), or final and says why. */
export function createSettlementActivities(dependencies: SettlementDependencies): SettlementActivities {
  const { record, providers, clock, mailer, operator } = dependencies;
  return {
    ...createSettlementPages(dependencies),

    async openSettlement({ day }) {
      const of = dayOf(day);
      const from = settleableFrom(of);
      if (clock.now() < from)
        throw ApplicationFailure.nonRetryable(
          `${day} can be settled from ${new Date(from).toISOString()}`,
          "TooEarly",
        );
      const standing = await record.standing(day);
      if (standing.kind === "superseded")
        throw ApplicationFailure.nonRetryable(
          `${standing.by} is settled: what was recorded on ${day} stands in its report`,
          "Superseded",
        );
      return { wallets: await record.wallets(), providers: providers.map(({ name }) => name) };
    },

    async settleProvider({ run, provider, tally }) {
      const day = dayOf(run.day);
      const { found, days, lines } = await compareProvider(dependencies, day, provider);
      const counts = await settleDifferences(record, { ...run, at: clock.now() }, found, tally.counts);
      const payments = days.reduce((sum, of) => sum + of.payments, 0);
      const compared = { ...tally.compared, payments: tally.compared.payments + payments };
      return { lines, tally: { ...tally, counts, compared } };
    },

    issueReport: (step) => issueReport(dependencies, step),

    async mailReport({ runKey }) {
      const report = await record.issued(runKey);
      if (report === null) throw new Error("the report is mailed before it is issued");
      return mailer.send(settlementMail(report, operator));
    },
  };
}

function dayOf(day: string): SettlementDay {
  const of = settlementDay(day);
  if (of === null) throw ApplicationFailure.nonRetryable(`${day} is no day`, "Validation");
  return of;
}

async function compareProvider(
  { payments, providers, record, progress }: SettlementDependencies,
  day: SettlementDay,
  name: PaymentProviderName,
): Promise<{ readonly found: Found[]; readonly days: ProviderDay[]; readonly lines: ProviderLine[] }> {
  const provider = providers.find((one) => one.name === name);
  if (provider === undefined) return { found: [], days: [], lines: [] };
  const { from, to } = day;
  const movements: ProviderMovement[] = [];
  for await (const page of provider.movements(from - AROUND_MS, to + AROUND_MS)) {
    movements.push(...page);
    progress.tell(null);
    progress.throwIfCancelled();
  }
  const ids = [...new Set(movements.flatMap(({ providerPaymentId: id }) => (id === null ? [] : [id])))];
  const recorded = await payments.recorded(name, ids, day);
  const differences = await confirmed(
    provider,
    paymentDifferences({ provider: name, from, to, movements, recorded }),
  );
  const days = providerDays(
    name,
    movements.filter(({ at }) => at >= from && at < to),
  );
  const lines: ProviderLine[] = [];
  for (const of of days) {
    const opening = await record.providerOpening(day.day, of);
    const unexplained = payoutDifference(day.day, of, opening);
    if (unexplained !== null) differences.push(unexplained);
    lines.push(providerLine(of, opening));
  }
  return { found: differences.map((difference) => ({ difference, repair: null })), days, lines };
}

/** What was recorded long after it was collected has its movement on another day: the provider is asked before it counts as missing. */
async function confirmed(
  provider: Pick<PaymentProvider, "standing">,
  differences: readonly Difference[],
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const difference of differences) {
    const standing =
      difference.kind === "payment_missing" ? await provider.standing(difference.subject) : null;
    if (standing?.state.kind !== "succeeded") found.push(difference);
  }
  return found;
}

function providerLine(of: ProviderDay, openingMinor: bigint): ProviderLine {
  const { provider, currency, payments } = of;
  const text = (minor: bigint): string => formatMoney(fromMinor(minor, currency));
  return {
    provider,
    currency,
    payments,
    opening: text(openingMinor),
    paid: text(of.paidMinor),
    given_back: text(of.givenBackMinor),
    fees: text(of.feesMinor),
    paid_out: text(of.paidOutMinor),
    closing: text(heldAfter(openingMinor, of)),
  };
}

async function issueReport(
  { record, books, signer, clock }: SettlementDependencies,
  { run, tally, providers, unreachable }: Parameters<SettlementActivities["issueReport"]>[0],
): ReturnType<SettlementActivities["issueReport"]> {
  const day = dayOf(run.day);
  const noted = await record.noted(run.runKey);
  const statements = await record.statements(day);
  const carriers = await books.carriers(day);
  const at = clock.now();
  const compose = (place: ReportPlace): SettlementReport => ({
    v: 1,
    position: place.position,
    previous: place.previous,
    ...describedDay(day, place.revision, at),
    compared: tally.compared,
    currencies: tally.totals,
    invoices: tally.invoices,
    providers,
    providers_unreachable: unreachable,
    partners: statements.map(partnerLine),
    carriers,
    differences: {
      found: noted.adjusted + noted.cases + tally.counts.counted,
      adjusted: noted.adjusted,
      cases: noted.cases,
      counted: tally.counts.counted,
      by_kind: tally.counts.byKind,
      listed: noted.listed,
    },
  });
  const issued = await record.issue({ ...run, at }, (place) => {
    const body = canonicalJson(compose(place));
    return { body, ...signer.sign(body) };
  });
  return { position: issued.position, hash: issued.hash, adjusted: noted.adjusted, cases: noted.cases };
}

function describedDay(
  { day, from, to }: SettlementDay,
  revision: number,
  at: number,
): Pick<SettlementReport, "day" | "from" | "to" | "revision" | "issued_at"> {
  const time = (epochMs: number): string => new Date(epochMs).toISOString();
  return { day, from: time(from), to: time(to), revision, issued_at: time(at) };
}

function partnerLine(statement: PartnerStatement): PartnerLine {
  const { statementId, partnerId, currency, broughtForward, movements, amount, status } = statement;
  return {
    statement_id: statementId,
    partner_id: partnerId,
    currency,
    brought_forward: formatMoney(broughtForward),
    movements: formatMoney(movements),
    amount: formatMoney(amount),
    status,
  };
}
