import type { SupplierSheet } from "#domain/cost/supplier-sheet.ts";
import type { FxRate } from "#domain/fx/fx-rates.ts";
import type { LoadSignal } from "#domain/rating/load-signal.ts";

export type NewFxRate = Omit<FxRate, "v" | "type" | "validFrom"> & Stored;
export type NewSupplierSheet = Pick<SupplierSheet, "connector" | "currency" | "rows"> & Stored;

export type NewLoadSignal = Pick<LoadSignal, "percent" | "source"> & Stored;

interface Stored {
  /** Epoch ms. */
  readonly storedAt: number;
  readonly actor: string;
}

/** What prices depend on besides rate cards. Append-only; each addition is announced and holds two seconds later. */
export interface PriceRules {
  addFxRate(rate: NewFxRate): Promise<FxRate>;
  /** The latest of each pair. */
  fxRates(): Promise<readonly FxRate[]>;
  /** Stores nothing and gives the present one where that says the same. */
  addLoadSignal(signal: NewLoadSignal): Promise<LoadSignal>;
  /** The latest first, at most `limit`. */
  loadSignals(limit: number): Promise<readonly LoadSignal[]>;
  addSupplierSheet(sheet: NewSupplierSheet): Promise<SupplierSheet>;
  /** Every connector's latest. */
  supplierSheets(): Promise<readonly SupplierSheet[]>;
  /** The connector's latest; null when it has none. */
  supplierSheet(connector: string): Promise<SupplierSheet | null>;
}
