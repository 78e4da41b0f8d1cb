import { chainLedger } from "#adapters/postgres/audit-chainer.ts";
import { createCorrections } from "#adapters/postgres/corrections.ts";
import { createInvoiceEntryOutbox } from "#adapters/postgres/invoice-entry-outbox.ts";
import { createMetering } from "#adapters/postgres/metering.ts";
import { createRateCardStore } from "#adapters/postgres/rate-cards.ts";
import { createReRatingWork } from "#adapters/postgres/re-rating-work.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { postCorrections } from "#pipeline/books/post-corrections.ts";
import { postInvoiceEntries } from "#pipeline/books/post-invoice-entries.ts";
import { type MeteringDependencies, runMetering } from "#pipeline/books/run-metering.ts";
import { runReRatings } from "#pipeline/books/run-re-ratings.ts";
import type { ProcessContext } from "./process-context.ts";
import { repeat } from "./repeat.ts";

/** A hash is no use to anybody sooner, and every pass makes at least one block per active tenant. */
const CHAIN_EVERY_MS = 5_000;
const CORRECTIONS_EVERY_MS = 2_000;
const INVOICE_ENTRIES_EVERY_MS = 2_000;
const RE_RATINGS_EVERY_MS = 2_000;
const METERING_EVERY_MS = 60_000;

/** What is done with the books after the fact, beside the process's own stage: none of it may hold up charging. */
export function startBooks(context: ProcessContext, control: MeteringDependencies["control"]): void {
  const { config, pool, publisher, clock, logger } = context;
  repeat(context, "audit chain", CHAIN_EVERY_MS, async () => {
    const { behind, rows } = await chainLedger({ pool, sealKey: config.secretKey });
    if (behind) logger.warn({ rows }, "the audit chain is behind the ledger and catches up");
  });
  const corrections = createCorrections(pool);
  repeat(context, "corrections", CORRECTIONS_EVERY_MS, async () => {
    const { posted } = await postCorrections(corrections, publisher, clock);
    if (posted > 0) logger.info({ posted }, "corrections are in the ledger");
  });
  const invoiceEntries = createInvoiceEntryOutbox(pool);
  repeat(context, "entries of invoices", INVOICE_ENTRIES_EVERY_MS, async () => {
    const { posted } = await postInvoiceEntries(invoiceEntries, publisher, clock);
    if (posted > 0) logger.info({ posted }, "entries of invoices are in the ledger");
  });
  const metering = createMetering(pool);
  repeat(context, "metering", METERING_EVERY_MS, () =>
    runMetering({ store: metering, control, publisher, clock }),
  );
  const work = createReRatingWork(pool);
  const tenants = createTenantStore(pool, createControlOutbox(pool, publisher), {
    clock,
    onDelayed: () => {},
  });
  const cards = createRateCardStore(pool);
  repeat(context, "re-ratings", RE_RATINGS_EVERY_MS, () =>
    runReRatings({
      work,
      tenant: (tenantId) => tenants.get(tenantId),
      versions: (rateCardId) => cards.versions(rateCardId),
    }),
  );
}
