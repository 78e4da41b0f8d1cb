/** Which operator serves a number. Synchronous: the hot path never waits for a lookup. */
export interface NumberRanges {
  /**
   * @param number E.164 with +.
   * @param country ISO 3166-1 alpha-2 of the number.
   * @returns the operator's name, null where no data knows it (in the United States and wherever numbers are ported freely).
   */
  operator(number: string, country: string): string | null;
}
