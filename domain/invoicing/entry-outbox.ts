import type { WalletEntryEvent } from "#domain/events/billing-event.ts";

/** What invoices move wallets by and the ledger has not got yet. Everything throws Unavailable when PostgreSQL cannot be reached. */
export interface InvoiceEntryOutbox {
  /** Those that are due to be published (again): at once, then after minutes, in the end daily. Oldest first. */
  pending(now: number, limit: number): Promise<readonly WalletEntryEvent[]>;
  markPublished(eventIds: readonly string[], at: number): Promise<void>;
  /** Notes which of the published ones the ledger has; answers how many were new. */
  markPosted(at: number): Promise<number>;
}
