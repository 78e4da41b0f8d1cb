import type { CompiledRateCard } from "#domain/rating/compiled-rate-card.ts";
import type { TenantConfiguration } from "./tenant.ts";

/**
 * What a process knows of configuration, fed by the compacted control topics.
 * Lookups are synchronous: the hot path never asks a database for configuration.
 */
export interface ControlView {
  tenant(tenantId: string): TenantConfiguration | undefined;
  /** The version of the card in force at `at` (epoch ms), by valid-from; undefined if none. */
  rateCard(rateCardId: string, at: number): CompiledRateCard | undefined;
  /**
   * Resolves once the feed is known to be current (confirmed within the last second); rejects with
   * Unavailable when it cannot be confirmed in time. Anything that rates calls it once per batch.
   */
  confirm(): Promise<void>;
}
