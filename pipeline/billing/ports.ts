import type { Clock } from "#domain/clock.ts";
import type { EventPublisher } from "#domain/events/ports.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import type { Ledger, WalletStore } from "#domain/wallet/ports.ts";

/**
 * What billing counts. `charged`, `entered` (top-ups and the like) and `free` events took effect; `redelivered` ones had before, `duplicate`
 * ones long before; a `conflict` has the id of another event, and goes to the dead letters. `rebuilt` wallets, `fenced` and `gap` commits are repairs: more than a few in a calm system are a fault.
 */
export type BillingCount =
  | "charged"
  | "entered"
  | "free"
  | "redelivered"
  | "duplicate"
  | "conflict"
  | "rebuilt"
  | "fenced"
  | "gap"
  | "triggers";

export interface BillingMetrics {
  count(what: BillingCount, by: number): void;
}

export interface BillingDependencies {
  readonly control: ControlView;
  readonly wallets: Pick<WalletStore, "charge" | "state" | "rebuild">;
  readonly ledger: Pick<Ledger, "commit" | "find">;
  readonly publisher: EventPublisher;
  readonly metrics: BillingMetrics;
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<unknown>;
}
