/** What a close of a wallet remembers; both grow from one close to the next. */
export interface CloseMark {
  /** Epoch ms at which the period was over. */
  readonly endedAt: number;
  /** The wallet's last sequence when it was closed. */
  readonly lastSequence: bigint;
}

export interface PlacedEntry {
  /** Epoch ms of the action. */
  readonly occurredAt: number;
  readonly sequence: bigint;
}

/**
 * Whether the entry is in this close: it happened before the end, was in the ledger by then, and the close before has not got it. Since both
 * marks grow, what any earlier close holds the one before holds too; so each entry is in exactly one close, however late it comes.
 */
export function belongsTo(entry: PlacedEntry, close: CloseMark, before: CloseMark | null): boolean {
  return holds(close, entry) && (before === null || !holds(before, entry));
}

function holds({ endedAt, lastSequence }: CloseMark, { occurredAt, sequence }: PlacedEntry): boolean {
  return occurredAt < endedAt && sequence <= lastSequence;
}
