import type { AcceptOutcome, Submission } from "#domain/messages/submission.ts";

/** The door every message comes in by, whatever the protocol. */
export interface Ingress {
  /**
   * Accepts a batch: an outcome per submission, in their order; the valid ones proceed. When it resolves, every message with `ok: true` is
   * priced, reserved and durable. With `oneRequest` the messages came together: their number earns the card's bulk discounts. Never rejects for a server that is away: those outcomes are `unavailable`.
   */
  accept(
    submissions: readonly Submission[],
    options?: { readonly oneRequest?: boolean },
  ): Promise<AcceptOutcome[]>;
}

/** Collects single submissions into batches: see createAcceptQueue. */
export interface AcceptQueue {
  submit(submission: Submission): Promise<AcceptOutcome>;
  stats(): AcceptQueueStats;
  /** Refuses what is new with `unavailable` and resolves when everything accepted so far has its outcome. */
  drain(): Promise<void>;
}

export interface AcceptQueueStats {
  readonly queued: number;
  readonly inFlightBatches: number;
  /** Submissions answered `unavailable` because the queue was full, since the start. */
  readonly dropped: number;
}

export interface AcceptQueueOptions {
  /** Most submissions in one batch. */
  readonly maxBatch: number;
  /** Most submissions that wait; a further one is answered `unavailable` at once. */
  readonly maxQueued: number;
}
