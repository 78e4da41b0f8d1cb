/** One message to count under one key. */
export interface VelocityRequest {
  /** A pseudonym: neither a number nor anything from which one can be found. */
  readonly key: string;
  readonly messageId: string;
  /** Most messages within the window. */
  readonly limit: number;
  /** Epoch ms that places the message in its window: the same for every repetition of the message. */
  readonly at: number;
}

/** Counts messages in windows of a minute. */
export interface VelocityCounter {
  /**
   * Admits or refuses each request, in order: the first `limit` distinct messages of a key's minute are within it. The same message
   * asked again gets the same answer while its window is remembered, so a redelivered batch changes nothing.
   *
   * @returns for each request, whether it is within its limit.
   * @throws Unavailable when the store cannot be reached: the caller tries again and lets nothing pass meanwhile.
   */
  count(requests: readonly VelocityRequest[]): Promise<readonly boolean[]>;
}
