import type { ControlAnnouncements, TenantStore } from "#domain/tenants/tenant-store.ts";
import type { Mailer } from "#domain/mail/ports.ts";
import type { WalletBalances } from "#domain/wallet/ports.ts";
import type { TemporalClient } from "#adapters/temporal/client.ts";
import type { ProcessContext } from "../process-context.ts";

/** What the activities of every queue are made of. */
export interface FlowsContext {
  readonly process: ProcessContext;
  readonly tenants: TenantStore;
  readonly announcements: ControlAnnouncements;
  /** Of PostgreSQL's ledger. */
  readonly balances: WalletBalances;
  readonly mailer: Mailer;
  readonly temporal: TemporalClient;
}
