import type { Money } from "#domain/money/money.ts";

/** What ingress asks: set `amount` aside for one message. */
export interface ReservationRequest {
  readonly messageId: string;
  readonly amount: Money;
}

/** `insufficient`: balance + credit limit − reserved is too small. `closed`: the message was already settled. */
export type ReservationOutcome = "reserved" | "insufficient" | "closed";

/** One priced billing event, to be applied to a wallet. */
export interface Charge {
  readonly eventId: string;
  readonly messageId: string | null;
  /** Positive takes from the wallet, negative gives (top-up). Zero settles the hold only. */
  readonly amount: Money;
  /** Share of the message's reservation that this settles. */
  readonly hold: Money;
  /** Units counted into the month's volume (0 = none). */
  readonly volumeUnits: number;
}

/** What the wallet's store remembers of an applied charge. */
export interface ChargeOutcome {
  readonly eventId: string;
  readonly amount: Money;
  /** Position in the wallet's gapless sequence; null for zero amounts. */
  readonly sequence: bigint | null;
  /** The month's volume after this event. */
  readonly volumeOrdinal: bigint;
}

export interface WalletState {
  readonly epoch: bigint;
  readonly balance: Money;
  readonly reserved: Money;
  readonly sequence: bigint;
}
