/** One unit of the first currency in the second, as it was quoted for a charge. Numbers are decimal strings. */
export interface FxQuote {
  /** "EUR/USD": dollars for one euro. */
  readonly pair: string;
  readonly rate: string;
  /** Percent that the tenant pays on top. */
  readonly markup: string;
  readonly source: string;
  /** Epoch ms of the rate. */
  readonly at: number;
  /** rate with markup: what amounts are multiplied by. */
  readonly effective: string;
}
