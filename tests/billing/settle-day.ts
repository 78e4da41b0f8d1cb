import { createCorrections } from "#adapters/postgres/corrections.ts";
import { createRecordedPayments } from "#adapters/postgres/recorded-payments.ts";
import { repairProjection } from "#adapters/postgres/repair-projection.ts";
import { createSettlementBooks } from "#adapters/postgres/settlement-books.ts";
import { createSettlementRecord } from "#adapters/postgres/settlement-record.ts";
import type { Pool } from "#adapters/postgres/pool.ts";
import { createSettlementActivities, type SettlementDependencies } from "#activities/settlement.ts";
import type { Mail } from "#domain/mail/ports.ts";
import type { OutgoingRecord } from "#domain/events/ports.ts";
import type { SettlementReport } from "#domain/settlement/report.ts";
import type { WalletStore } from "#domain/wallet/ports.ts";
import { createReportSigner } from "#platform/settlement-signer.ts";
import { createRepairs } from "#pipeline/books/repairs.ts";
import type { SettlementActivities, StretchEnd, Tally } from "#workflows/settlement/api.ts";

export const SECRET_KEY = "a secret key of at least 32 characters";

/** Settlements on real stores, without Temporal: what was published and mailed can be looked at. */
export interface Settler {
  readonly activities: SettlementActivities;
  readonly published: OutgoingRecord[];
  readonly mails: Mail[];
  /** Runs every phase, as the flow does. */
  settle(day: string, runKey?: string): Promise<SettlementReport>;
}

const EMPTY: Tally = {
  compared: { wallets: 0, cached: 0, messages: 0, invoices: 0, payments: 0 },
  totals: {},
  invoices: [],
  counts: { adjusted: 0, cases: 0, counted: 0, byKind: {} },
};

export function createSettler(
  pool: Pool,
  store: Pick<WalletStore, "held" | "rebuild">,
  given: Partial<SettlementDependencies> & Pick<SettlementDependencies, "clock">,
): Settler {
  const published: OutgoingRecord[] = [];
  const mails: Mail[] = [];
  const record = createSettlementRecord(pool);
  const activities = createSettlementActivities({
    books: createSettlementBooks(pool),
    record,
    repairs: createRepairs({
      repairProjection: (walletId, by) => repairProjection(pool, walletId, by),
      corrections: createCorrections(pool),
      store,
      publisher: { publish: async (records) => void published.push(...records) },
      clock: given.clock,
      actor: "settlement",
    }),
    invoices: { issued: async () => [] },
    payments: createRecordedPayments(pool),
    providers: [],
    wallets: store,
    progress: { last: () => undefined, tell: () => {}, throwIfCancelled: () => {} },
    pause: async () => {},
    signer: createReportSigner(SECRET_KEY, null),
    mailer: {
      async send(mail) {
        mails.push(mail);
        return { kind: "accepted" };
      },
    },
    operator: { email: "operator@localhost", publicUrl: "http://gateway.test" },
    ...given,
  });
  return {
    activities,
    published,
    mails,
    async settle(day, runKey = `run of ${day}`) {
      const run = { day, runKey };
      const { providers } = await activities.openSettlement(run);
      let at: StretchEnd = { after: null, tally: EMPTY };
      for (const phase of ["settleWallets", "settleMessages", "settleInvoices"] as const) {
        do at = await activities[phase]({ run, ...at });
        while (at.after !== null);
      }
      const lines = [];
      for (const provider of providers) {
        const found = await activities.settleProvider({ run, provider, tally: at.tally });
        at = { after: null, tally: found.tally };
        lines.push(...found.lines);
      }
      await activities.issueReport({ run, tally: at.tally, providers: lines, unreachable: [] });
      await activities.mailReport(run);
      return JSON.parse((await record.issued(runKey))?.body ?? "null") as SettlementReport;
    },
  };
}
