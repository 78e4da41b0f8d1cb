import { Poison } from "#domain/errors.ts";
import { money, type Money } from "#domain/money/money.ts";
import type {
  EventKey,
  Ledger,
  LedgerBatch,
  LedgerCommit,
  LedgeredEvent,
  LedgerEntry,
  LedgerPosition,
  Reservation,
  WalletState,
} from "#domain/wallet/ports.ts";

export interface KeptEntry extends LedgerEntry {
  readonly balanceAfter: Money;
}

interface WalletRow {
  epoch: bigint;
  sequence: bigint;
  balance: Money;
  readonly counters: Map<string, bigint>;
  readonly entries: KeptEntry[];
}

/** How an operation reaches the server: at once, or when a scheduler lets it. */
export type Reach = <Result>(what: string, work: () => Result) => Promise<Result>;

/** A simulator of the tables that the ledger's SQL works on (0002_ledger.sql); one statement or transaction is one method. */
export class MemoryLedger {
  readonly wallets = new Map<string, WalletRow>();
  /** By event id and month of acceptance, as the unique key has it. */
  readonly #keys = new Map<string, KeptEntry>();
  /** Open messages, as the timeline has stored them. */
  readonly messages = new Map<string, { readonly walletId: string; readonly hold: Money; final: boolean }>();

  open(walletId: string): void {
    this.wallets.set(walletId, {
      epoch: 0n,
      sequence: 0n,
      balance: money(0n),
      counters: new Map(),
      entries: [],
    });
  }

  commit(batches: readonly LedgerBatch[]): LedgerCommit[] {
    const results = batches.map((batch) => this.#resultOf(batch));
    batches.forEach((batch, index) => {
      if (results[index]!.kind === "committed") this.#write(batch);
    });
    return results;
  }

  #resultOf({ walletId, epoch, entries }: LedgerBatch): LedgerCommit {
    const row = this.wallets.get(walletId);
    if (row === undefined || row.epoch !== epoch) return { kind: "fenced" };
    const fresh = entries.filter(({ sequence }) => sequence > row.sequence);
    if (fresh.some(({ sequence }, index) => sequence !== row.sequence + BigInt(index) + 1n))
      return { kind: "gap" };
    const known = fresh.flatMap((entry) => this.#keys.get(keyOf(entry)) ?? []);
    if (known.length === 0) return { kind: "committed" };
    for (const { walletId: owner, eventId } of known)
      if (owner !== walletId) throw new Poison(`Event ${eventId} stands in the ledger for another wallet`);
    const prints = new Map(fresh.map(({ eventId, fingerprint }) => [eventId, fingerprint]));
    return {
      kind: "duplicate",
      eventIds: known.map(({ eventId }) => eventId),
      conflicting: known
        .filter(({ eventId, fingerprint }) => prints.get(eventId) !== fingerprint)
        .map(({ eventId }) => eventId),
    };
  }

  #write({ walletId, entries }: LedgerBatch): void {
    const row = this.wallets.get(walletId)!;
    for (const entry of entries) {
      if (entry.sequence <= row.sequence) continue;
      row.sequence = entry.sequence;
      row.balance = money(row.balance + entry.amount);
      if (entry.volumePeriod !== null) row.counters.set(entry.volumePeriod, entry.volumeOrdinal);
      for (const [counter, value] of entry.counters) row.counters.set(counter, value);
      const kept = { ...entry, balanceAfter: row.balance };
      row.entries.push(kept);
      this.#keys.set(keyOf(entry), kept);
    }
  }

  find(keys: readonly EventKey[]): LedgeredEvent[] {
    return keys.flatMap((key) => {
      const kept = this.#keys.get(keyOf(key));
      if (kept === undefined) return [];
      const { eventId, sequence, amount, balanceAfter, fingerprint, counters } = kept;
      return [{ eventId, sequence, amount, balanceAfter, fingerprint, counters }];
    });
  }

  beginEpoch(walletId: string, above: bigint): WalletState | null {
    const row = this.wallets.get(walletId);
    if (row === undefined) return null;
    row.epoch = (row.epoch > above ? row.epoch : above) + 1n;
    const { epoch, sequence, balance } = row;
    return { epoch, sequence, balance, volumes: new Map(row.counters) };
  }

  openHolds(walletId: string): Reservation[] {
    return [...this.messages].flatMap(([messageId, message]) =>
      message.walletId === walletId && !message.final && message.hold > 0n
        ? [{ messageId, amount: message.hold }]
        : [],
    );
  }

  positions(after: string | null, limit: number): LedgerPosition[] {
    return [...this.wallets]
      .filter(([walletId]) => after === null || walletId > after)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .slice(0, limit)
      .map(([walletId, { sequence, balance }]) => ({ walletId, sequence, balance }));
  }
}

function keyOf({ eventId, acceptedAt }: EventKey): string {
  return `${eventId} ${new Date(acceptedAt).toISOString().slice(0, 7)}`;
}

/** The ledger's port on the simulator. */
export function memoryLedger(server: MemoryLedger, reach: Reach): Omit<Ledger, "heldMessages"> {
  return {
    commit: (batches) => reach("ledger commit", () => server.commit(batches)),
    find: (keys) => reach("ledger find", () => server.find(keys)),
    beginEpoch: (walletId, above) =>
      reach(`begin epoch ${walletId}`, () => server.beginEpoch(walletId, above)),
    openHolds: (walletId) => reach(`open holds ${walletId}`, () => server.openHolds(walletId)),
    wallets: (after, limit) => reach("ledger wallets", () => server.positions(after, limit)),
  };
}
