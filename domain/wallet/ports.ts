import type { Money } from "#domain/money/money.ts";

/** What ingress asks: set `amount` aside for one message. */
export interface ReservationRequest {
  readonly messageId: string;
  readonly amount: Money;
}

/** `insufficient`: balance + credit limit − reserved is too small. `closed`: the message was already settled. */
export type ReservationOutcome = "reserved" | "insufficient" | "closed";

/** One rated billing event, to be applied to a wallet. */
export interface Charge {
  readonly eventId: string;
  readonly messageId: string | null;
  /** Positive takes from the wallet, negative gives (top-up). Zero settles the hold only. */
  readonly amount: Money;
  /** Share of the message's reservation that this settles. */
  readonly hold: Money;
  /** Position in the wallet's gapless sequence; null for what the ledger does not record (zero amounts). */
  readonly sequence: bigint | null;
  /** The volume of the event's month after this event. */
  readonly volumeOrdinal: bigint;
  /** Of the event's body: the same id with another one is not the same event. */
  readonly fingerprint: bigint;
  /** Whether it moved counters besides that volume: then its price cannot be told again from the volume alone. */
  readonly movedCounters: boolean;
}

/** What the wallet's store remembers of an applied charge. */
export interface ChargeOutcome {
  readonly eventId: string;
  readonly amount: Money;
  readonly sequence: bigint | null;
  readonly volumeOrdinal: bigint;
  readonly fingerprint: bigint;
  readonly movedCounters: boolean;
}

/**
 * A wallet as charging knows it. Balance and volumes move only together with the sequence, so (epoch, sequence) names
 * one exact state: whoever rated at it may write its successor.
 */
export interface WalletState {
  readonly epoch: bigint;
  readonly sequence: bigint;
  readonly balance: Money;
  /** What its prices and alerts depend on (see volume-counters.ts); a counter that is absent is zero. */
  readonly volumes: ReadonlyMap<string, bigint>;
}

/** Compare and charge: `charges` were rated at `before`; `after` is the state that follows from them. */
export interface ChargeRequest {
  readonly before: WalletState;
  readonly after: WalletState;
  readonly charges: readonly Charge[];
}

/**
 * `applied`: every charge took effect. `stale`: nothing did, because the wallet is in another state or knows an id
 * already; `state` is its state now, `known` what it remembers of the ids asked for. Rate the others again.
 */
export type ChargeResult =
  | { readonly kind: "applied" }
  | { readonly kind: "stale"; readonly state: WalletState; readonly known: readonly ChargeOutcome[] };

export interface Reservation {
  readonly messageId: string;
  /** What is still set aside. */
  readonly amount: Money;
}

/** The door's view: what ingress needs of a wallet. */
export interface WalletReservations {
  /**
   * Sets the amounts aside, in order, one outcome each; the same message again is `reserved` without being counted twice.
   * A wallet that the store has lost is first rebuilt from the ledger.
   * @param creditLimit how far below zero the wallet may go (≥ 0).
   * @throws Unavailable when the store, or the ledger where it is needed, cannot be reached; the outcome is then unknown
   *   and the same call may be repeated.
   * @throws Poison when the ledger has no such wallet.
   */
  reserve(
    walletId: string,
    creditLimit: Money,
    requests: readonly ReservationRequest[],
  ): Promise<readonly ReservationOutcome[]>;
  /** Gives back what is still set aside for these messages. Repeating it does nothing. */
  release(walletId: string, messageIds: readonly string[]): Promise<void>;
}

/**
 * The wallets, held in memory: a cache of the ledger. A wallet that is missing or was left by an earlier life of the server is
 * rebuilt from the ledger before any call answers; it never reads as zero.
 */
export interface WalletStore extends WalletReservations {
  charge(walletId: string, request: ChargeRequest): Promise<ChargeResult>;
  state(walletId: string): Promise<WalletState>;
  /** The state as it is held now, null when the wallet is not; loads nothing. */
  held(walletId: string): Promise<WalletState | null>;
  /** Balance, and the sum set aside, at this moment. */
  balance(
    walletId: string,
  ): Promise<{ readonly balance: Money; readonly reserved: Money; readonly sequence: bigint }>;
  /**
   * Throws the cached state away for the ledger's, under a new epoch: what was applied here and not yet ledgered is undone, and
   * whoever applied it finds its commit refused. Reservations stay.
   */
  rebuild(walletId: string): Promise<WalletState>;
  /** What is set aside, page by page; an entry that moves meanwhile may be missed or repeated. */
  reservations(walletId: string): AsyncIterable<readonly Reservation[]>;
}

/** One row of the record, from the wallet's point of view: amount + revenue + tax + clearing = 0. */
export interface LedgerEntry {
  readonly eventId: string;
  readonly walletId: string;
  readonly tenantId: string;
  readonly sequence: bigint;
  readonly entryType: LedgerEntryType;
  /** sms.delivered, …; for entries that are no usage, the entry type. */
  readonly eventType: string;
  readonly messageId: string | null;
  readonly part: number;
  /** What the balance moves by: negative for a charge. */
  readonly amount: Money;
  /** Price before the discount, which is base − revenue; null for entries that are no usage. */
  readonly base: Money | null;
  readonly revenue: Money;
  readonly tax: Money;
  /** Counter-account of top-ups and adjustments. */
  readonly clearing: Money;
  /** What the supplier takes, a pair of its own beside the four; null when unknown. */
  readonly cost: Money | null;
  /** The partner's share of the revenue, written as a transaction of its own; null without a partner. */
  readonly commission: { readonly partnerId: string; readonly amount: Money } | null;
  readonly operator: string | null;
  readonly country: string | null;
  readonly connector: string | null;
  readonly fingerprint: bigint;
  readonly currency: string;
  /** Counter of units ("202611", "202611/sms") that this entry moved, null if it moved none. */
  readonly volumePeriod: string | null;
  /** Its value after it. */
  readonly volumeOrdinal: bigint;
  /** The other counters that it moved, with their values after it. */
  readonly counters: readonly (readonly [string, bigint])[];
  /** Compact JSON: how the price came about; for other entries reason and actor. */
  readonly trace: string;
  /** Epoch ms of the action. */
  readonly occurredAt: number;
  /** Epoch ms; its month and the event's id are the key that makes a charge unique. */
  readonly acceptedAt: number;
  readonly partition: number;
  readonly offset: bigint;
}

export type LedgerEntryType =
  | "charge"
  | "true_up"
  | "top_up"
  | "adjustment"
  | "opening_volume"
  | "refund"
  | "re_rating";

/** A wallet's new entries, ascending by sequence, as they were applied to the store under `epoch`. */
export interface LedgerBatch {
  readonly walletId: string;
  readonly epoch: bigint;
  readonly entries: readonly LedgerEntry[];
}

/**
 * `committed`: the entries are in the ledger, now or before. Otherwise nothing of this wallet was written:
 * `fenced`: the wallet was rebuilt meanwhile; `gap`: the entries do not continue the sequence;
 * `duplicate`: these ids stand in the ledger under another sequence of this wallet; `conflicting` are those among them whose body was another.
 */
export type LedgerCommit =
  | { readonly kind: "committed" }
  | { readonly kind: "fenced" }
  | { readonly kind: "gap" }
  | {
      readonly kind: "duplicate";
      readonly eventIds: readonly string[];
      readonly conflicting: readonly string[];
    };

export interface EventKey {
  readonly eventId: string;
  readonly acceptedAt: number;
}

/** What the ledger says of an event that it holds. */
export interface LedgeredEvent {
  readonly eventId: string;
  readonly sequence: bigint;
  readonly amount: Money;
  readonly balanceAfter: Money;
  /** Null for entries of before fingerprints were kept. */
  readonly fingerprint: bigint | null;
  readonly counters: readonly (readonly [string, bigint])[];
}

/** What the ledger says of one wallet. */
export interface WalletBalances {
  /** Null when there is no such wallet. @throws Unavailable when PostgreSQL cannot be reached. */
  balanceOf(walletId: string): Promise<Money | null>;
}

/** How far the ledger is with a wallet. */
export interface LedgerPosition {
  readonly walletId: string;
  readonly sequence: bigint;
  readonly balance: Money;
}

/** The record of every wallet; the only truth about balances. Everything throws Unavailable when it cannot be reached. */
export interface Ledger {
  /**
   * One transaction for all batches; a result per batch, in order.
   * @throws Poison when an id stands in the ledger for another wallet: whoever made it broke its uniqueness.
   */
  commit(batches: readonly LedgerBatch[]): Promise<readonly LedgerCommit[]>;
  find(keys: readonly EventKey[]): Promise<readonly LedgeredEvent[]>;
  /**
   * Begins a new epoch, greater than `above`, and reads the state it starts from: from now on no commit of an older epoch
   * succeeds. Null when there is no such wallet.
   */
  beginEpoch(walletId: string, above: bigint): Promise<WalletState | null>;
  /** What the messages that are not yet final have set aside. */
  openHolds(walletId: string): Promise<readonly Reservation[]>;
  /** Of these messages, those whose reservation must stay: stored, and not final or only since `endedAfter` (epoch ms). */
  heldMessages(messageIds: readonly string[], endedAfter: number): Promise<ReadonlySet<string>>;
  /** All wallets in ascending order of their ids, a page at a time; `after` is the last id of the page before. */
  wallets(after: string | null, limit: number): Promise<readonly LedgerPosition[]>;
}
