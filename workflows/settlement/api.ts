import { z } from "zod";
import type { MailOutcome } from "#domain/mail/ports.ts";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { PaymentProviderName } from "#domain/payments/ports.ts";
import { PLATFORM_BOOKS } from "#domain/settlement/books.ts";
import { settlementDay } from "#domain/settlement/day.ts";
import type { DifferenceKind } from "#domain/settlement/differences.ts";
import type { Compared, InvoicesLine, ProviderLine } from "#domain/settlement/report.ts";
import type { Totals } from "#domain/settlement/totals.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import {
  SETTLEMENT,
  SETTLEMENT_SCHEDULE,
  settlementWorkflowId,
  SETTLEMENT_STATE,
  SETTLEMENT_PHASES,
} from "./names.ts";

export * from "./names.ts";

export const settlementInput = z.object({
  /** YYYY-MM-DD, of UTC; null: the last day that may be settled at the nominal time of the schedule. */
  day: z
    .string()
    .refine((day) => settlementDay(day) !== null, "must be a day such as 2026-11-27")
    .nullable(),
  actor: z.string().min(1).max(200),
  /** Where the run before this one stopped; the flow's own. */
  resume: z.unknown().optional(),
});

export type SettlementInput = z.infer<typeof settlementInput>;

export const settlementOutput = z.object({
  day: z.string(),
  /** `running_elsewhere`: a person had started the day already. */
  result: z.enum(["settled", "running_elsewhere"]),
  /** Of the report: its place in the chain and its hash; null where another run makes it. */
  position: z.number().nullable(),
  hash: z.string().nullable(),
  wallets: z.number(),
  differences: z.number(),
  adjusted: z.number(),
  cases: z.number(),
});

export type SettlementOutput = z.infer<typeof settlementOutput>;

export type SettlementPhase = (typeof SETTLEMENT_PHASES)[number];

export const settlementState = z.object({
  phase: z.enum(SETTLEMENT_PHASES),
  day: z.string(),
  /** Of all that there were when it began. */
  wallets: z.number(),
  compared: z.object({
    wallets: z.number(),
    cached: z.number(),
    messages: z.number(),
    invoices: z.number(),
    payments: z.number(),
  }),
  differences: z.number(),
  adjusted: z.number(),
  cases: z.number(),
});

export type SettlementState = z.infer<typeof settlementState>;

/** Names one settlement of one day: whatever is repeated within it has one effect. */
export interface SettlementRun {
  readonly day: string;
  /** The first run of the flow: the same over continued ones. */
  readonly runKey: string;
}

/** What was found so far. */
export interface Counts {
  readonly adjusted: number;
  readonly cases: number;
  /** Beyond the limits of a settlement. */
  readonly counted: number;
  readonly byKind: Readonly<Partial<Record<DifferenceKind, number>>>;
}

/** What travels from page to page. */
export interface Tally {
  readonly compared: Compared;
  readonly totals: Totals;
  readonly invoices: readonly InvoicesLine[];
  readonly counts: Counts;
}

/** One activity's stretch of pages: where it begins, and what came to light before. */
export interface Stretch {
  readonly run: SettlementRun;
  /** The cursor of the stretch before; null: from the beginning. */
  readonly after: string | null;
  readonly tally: Tally;
}

export interface StretchEnd {
  /** Null: there is no more. */
  readonly after: string | null;
  readonly tally: Tally;
}

/** Every activity may run several times for one effect; the stretches go on at their last heartbeat. */
export interface SettlementActivities {
  /** @throws ApplicationFailure `TooEarly` or `Superseded` (final): the day cannot be settled now, or any more. */
  openSettlement(
    run: SettlementRun,
  ): Promise<{ readonly wallets: number; readonly providers: readonly PaymentProviderName[] }>;
  /** Wallets against ledger and cache. */
  settleWallets(stretch: Stretch): Promise<StretchEnd>;
  /** Deliveries against charges, and at the end what was decided and never posted. */
  settleMessages(stretch: Stretch): Promise<StretchEnd>;
  /** Invoices of the day against the entries that they closed. */
  settleInvoices(stretch: Stretch): Promise<StretchEnd>;
  /** One provider's movements against payments. */
  settleProvider(step: {
    readonly run: SettlementRun;
    readonly provider: PaymentProviderName;
    readonly tally: Tally;
  }): Promise<{ readonly lines: readonly ProviderLine[]; readonly tally: Tally }>;
  /** Partners' statements, carriers' costs, and the signed report at the end of the chain. */
  issueReport(step: {
    readonly run: SettlementRun;
    readonly tally: Tally;
    readonly providers: readonly ProviderLine[];
    /** Those that did not answer in time. */
    readonly unreachable: readonly PaymentProviderName[];
  }): Promise<{
    readonly position: number;
    readonly hash: string;
    readonly adjusted: number;
    readonly cases: number;
  }>;
  mailReport(run: SettlementRun): Promise<MailOutcome>;
}

export const settlementFlow: FlowDefinition = {
  name: SETTLEMENT,
  title: "Settlement",
  description:
    "Wallets, ledger, messages, invoices and providers of a day compared; what differs becomes an adjustment or a case; a signed report.",
  taskQueue: TASK_QUEUES.billing,
  input: settlementInput,
  output: settlementOutput,
  startedBy: "the nightly schedule, or POST /api/v2/settlements",
  starters: [],
  identify: ({ day }: SettlementInput) => ({
    workflowId: day === null ? SETTLEMENT_SCHEDULE : settlementWorkflowId(day),
    tenantId: PLATFORM_BOOKS,
  }),
  signals: {},
  updates: {},
  queries: {
    [SETTLEMENT_STATE]: {
      description: "How far it is",
      input: null,
      output: settlementState,
      parties: ["owner", "finance", "support", "read-only"],
    },
  },
};
