import type { Money } from "#domain/money/money.ts";

/** What a supplier takes per unit. */
export interface UnitCost {
  readonly rate: Money;
  /** ISO 4217. */
  readonly currency: string;
  /** The supplier's sheet and the row in it that decided. */
  readonly sheet: string;
  readonly row: string;
}
