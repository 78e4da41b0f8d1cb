import type { Clock } from "#domain/clock.ts";
import type { CarrierIds, CarrierMatch } from "#domain/messages/ports.ts";
import type { CarrierReceipt, SentParts } from "#domain/sms/ports.ts";

export interface ReceiptLookupDependencies {
  readonly sent: SentParts;
  readonly carrierIds: CarrierIds;
  readonly clock: Clock;
  readonly unknownMs: number;
  readonly maxUnknown: number;
}

/** `unknown`: not found for `unknownMs`. `full`: too many are being looked for, or the process is stopping. */
export type LookupResult = CarrierMatch | "unknown" | "full";

export interface LookupStats {
  /** Receipts being looked for. */
  readonly waiting: number;
  /** Receipts found in PostgreSQL, and receipts given back to their SMSC. */
  readonly foundStored: number;
  readonly returned: number;
}

export interface ReceiptLookup {
  find(receipt: CarrierReceipt): Promise<LookupResult>;
  stats(): LookupStats;
  close(): void;
}

interface Wanted {
  readonly receipt: CarrierReceipt;
  readonly resolve: (result: LookupResult) => void;
  readonly since: number;
  attempts: number;
  /** Epoch ms of the next look. */
  due: number;
}

/** The response that names the id is usually behind its receipt by milliseconds. */
const FIRST_LOOK_MS = 10;
const LOOK_AGAIN_MS_MAX = 4_000;
/** One question to PostgreSQL: some ten candidates for each receipt. */
const RECEIPTS_PER_QUESTION = 500;

/** Looks for the messages of receipts whose id is not in memory: one question per connector at a time, each with all that wait. */
export function createReceiptLookup(dependencies: ReceiptLookupDependencies): ReceiptLookup {
  return new Lookup(dependencies);
}

class Lookup implements ReceiptLookup {
  readonly #dependencies: ReceiptLookupDependencies;
  readonly #wanted = new Set<Wanted>();
  #timer: NodeJS.Timeout | null = null;
  #timerDue = Number.POSITIVE_INFINITY;
  #looking = false;
  #closed = false;
  #foundStored = 0;
  #returned = 0;

  constructor(dependencies: ReceiptLookupDependencies) {
    this.#dependencies = dependencies;
  }

  find(receipt: CarrierReceipt): Promise<LookupResult> {
    const { clock, maxUnknown } = this.#dependencies;
    if (this.#closed || this.#wanted.size >= maxUnknown) {
      this.#returned += 1;
      return Promise.resolve("full");
    }
    return new Promise((resolve) => {
      const since = clock.now();
      this.#wanted.add({ receipt, resolve, since, attempts: 0, due: since + FIRST_LOOK_MS });
      this.#schedule(since + FIRST_LOOK_MS);
    });
  }

  stats(): LookupStats {
    return { waiting: this.#wanted.size, foundStored: this.#foundStored, returned: this.#returned };
  }

  readonly close = (): void => {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#returned += this.#wanted.size;
    for (const { resolve } of this.#wanted) resolve("full");
    this.#wanted.clear();
  };

  #schedule(due: number): void {
    if (this.#closed || this.#looking || this.#timerDue <= due) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerDue = due;
    this.#timer = setTimeout(() => void this.#look(), Math.max(0, due - this.#dependencies.clock.now()));
  }

  async #look(): Promise<void> {
    this.#timer = null;
    this.#timerDue = Number.POSITIVE_INFINITY;
    this.#looking = true;
    const now = this.#dependencies.clock.now();
    const due = [...this.#wanted].filter((wanted) => wanted.due <= now);
    const missing = due.filter((wanted) => !this.#resolveFromMemory(wanted));
    for (const [connector, group] of Map.groupBy(missing, ({ receipt }) => receipt.connector)) {
      for (let start = 0; start < group.length; start += RECEIPTS_PER_QUESTION) {
        await this.#ask(connector, group.slice(start, start + RECEIPTS_PER_QUESTION));
      }
    }
    this.#looking = false;
    let next = Number.POSITIVE_INFINITY;
    for (const wanted of this.#wanted) next = Math.min(next, wanted.due);
    if (next !== Number.POSITIVE_INFINITY) this.#schedule(next);
  }

  #resolveFromMemory(wanted: Wanted): boolean {
    const { receipt } = wanted;
    for (const id of receipt.ids) {
      const match = this.#dependencies.sent.find(receipt.connector, id);
      if (match === undefined) continue;
      this.#settle(wanted, match);
      return true;
    }
    return false;
  }

  async #ask(connector: string, group: readonly Wanted[]): Promise<void> {
    const { carrierIds, clock, unknownMs } = this.#dependencies;
    let byId: ReadonlyMap<string, CarrierMatch> | null = null;
    try {
      const ids = new Set(group.flatMap(({ receipt }) => receipt.ids));
      const matches = await carrierIds.find(connector, [...ids]);
      byId = new Map(matches.map((match) => [match.carrierMessageId, match]));
    } catch {
      // PostgreSQL is away: nothing is known to be unknown.
    }
    const now = clock.now();
    for (const wanted of group) {
      const id = wanted.receipt.ids.find((candidate) => byId?.has(candidate));
      const match = id === undefined ? undefined : byId?.get(id);
      if (match !== undefined) {
        this.#foundStored += 1;
        this.#settle(wanted, match);
      } else if (now - wanted.since >= unknownMs) {
        if (byId === null) this.#returned += 1;
        this.#settle(wanted, byId === null ? "full" : "unknown");
      } else {
        wanted.attempts += 1;
        wanted.due = now + Math.min(LOOK_AGAIN_MS_MAX, FIRST_LOOK_MS * 2 ** (wanted.attempts + 2));
      }
    }
  }

  #settle(wanted: Wanted, result: LookupResult): void {
    this.#wanted.delete(wanted);
    wanted.resolve(result);
  }
}
