import { setTimeout as sleep } from "node:timers/promises";
import { createCorrections } from "#adapters/postgres/corrections.ts";
import { createLedger } from "#adapters/postgres/ledger.ts";
import { createIssuedInvoices } from "#adapters/postgres/issued-invoices.ts";
import { createRecordedPayments } from "#adapters/postgres/recorded-payments.ts";
import { repairProjection } from "#adapters/postgres/repair-projection.ts";
import { createSettlementBooks } from "#adapters/postgres/settlement-books.ts";
import { createSettlementRecord } from "#adapters/postgres/settlement-record.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import { activityProgress } from "#adapters/temporal/activity-progress.ts";
import { createSettlementActivities } from "#activities/settlement.ts";
import { createReportSigner } from "#platform/settlement-signer.ts";
import { createRepairs } from "#pipeline/books/repairs.ts";
import { createPaymentProviders } from "../payment-providers.ts";
import { openRedis } from "../redis.ts";
import type { FlowsContext } from "./context.ts";

/** Settlement's part of the queue `billing`. */
export function settlementActivities({ process, mailer }: FlowsContext): object {
  const { config, pool, publisher, clock } = process;
  const store = createWalletStore(openRedis(process), createLedger(pool));
  return createSettlementActivities({
    books: createSettlementBooks(pool),
    record: createSettlementRecord(pool),
    repairs: createRepairs({
      repairProjection: (walletId, by) => repairProjection(pool, walletId, by),
      corrections: createCorrections(pool),
      store,
      publisher,
      clock,
      actor: "settlement",
    }),
    invoices: createIssuedInvoices(pool),
    payments: createRecordedPayments(pool),
    providers: Object.values(createPaymentProviders(process)),
    wallets: store,
    progress: activityProgress,
    pause: sleep,
    signer: createReportSigner(config.secretKey, config.settlementSigningKey),
    mailer,
    operator: { email: config.operator.email, publicUrl: config.gateway.publicUrl },
    clock,
  });
}
