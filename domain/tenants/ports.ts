import type { CompiledSupplierSheet } from "#domain/cost/supplier-sheet.ts";
import type { FxRate } from "#domain/fx/fx-rates.ts";
import type { Percent } from "#domain/money/percent.ts";
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
  /** The rate of the pair in force at `at` as it was published; undefined if none. */
  fx(base: string, quote: string, at: number): FxRate | undefined;
  /** What the connector's supplier takes, by the sheet in force at `at`; undefined if none. */
  supplier(connector: string, at: number): CompiledSupplierSheet | undefined;
  /** How busy the platform was at `at`, as its monitor said; null where nobody has. */
  load(at: number): Percent | null;
  /**
   * Resolves once the feed is known to be current (confirmed within the last second); rejects with
   * Unavailable when it cannot be confirmed in time. Anything that rates calls it once per batch.
   */
  confirm(): Promise<void>;
}
