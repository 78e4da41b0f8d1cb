import type { CarrierMatch } from "#domain/messages/ports.ts";

/** An address as SMPP carries it (3.4 §5.2.5, §5.2.6): digits without +, or an alphanumeric sender. */
export interface SmsAddress {
  /** 0 unknown, 1 international, 3 network specific (short codes), 5 alphanumeric. */
  readonly ton: number;
  /** 0 unknown, 1 E.164. */
  readonly npi: number;
  readonly address: string;
}

/** One part, ready for a carrier. */
export interface SmsPart {
  readonly source: SmsAddress;
  readonly destination: SmsAddress;
  /** 0 GSM 7-bit unpacked, 4 binary, 8 UCS-2. */
  readonly dataCoding: number;
  /** Whether `octets` begins with a user data header. */
  readonly hasHeader: boolean;
  readonly octets: Uint8Array;
  /** Epoch ms: neither sent after it nor kept by the carrier beyond it. */
  readonly expiresAt: number;
}

/**
 * `refused`: the carrier will not take this part, ever. `expired`: the part's time passed before a slot was free. `unavailable`: the carrier
 * could not be reached or throttled for long; nothing of it is known to be sent.
 */
export type SmsSubmitOutcome =
  | { readonly kind: "accepted"; readonly carrierMessageId: string }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "expired" }
  | { readonly kind: "unavailable" };

/** A connector to an SMSC. Bounded by its window: callers may submit a whole batch at once. */
export interface SmsCarrier {
  readonly id: string;
  /** Whether it is bound now. */
  readonly up: boolean;
  /** Never rejects. */
  submit(part: SmsPart): Promise<SmsSubmitOutcome>;
}

/** What a carrier says of a part it took. */
export interface CarrierReceipt {
  readonly connector: string;
  /** As the receipt writes it first, then the ways in which the submit response may have written it. */
  readonly ids: readonly string[];
  /** `pending` changes nothing: the carrier is still trying. */
  readonly state: "delivered" | "failed" | "pending";
  /** DELIVRD, UNDELIV, EXPIRED, … */
  readonly code: string;
  /** Epoch ms when it came. */
  readonly at: number;
}

/** A message from a subscriber. */
export interface CarrierInbound {
  readonly connector: string;
  /** E.164 with + where the carrier says that it is international, else as the carrier wrote it. */
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly encoding: "gsm7" | "ucs2" | "binary";
  readonly at: number;
}

/** `taken`: durable, the carrier may forget it. `later`: the carrier must send it again. */
export type CarrierHandled = "taken" | "later";

/** What a connector does with what a carrier sends. The promise resolves when the effect is durable; a rejection counts as `later`. */
export interface CarrierEvents {
  receipt(receipt: CarrierReceipt): Promise<CarrierHandled>;
  inbound(inbound: CarrierInbound): Promise<CarrierHandled>;
}

/** Remembers, for as long as there is room, which part a carrier's id stands for and what became of a part. */
export interface SentParts {
  remember(connector: string, match: CarrierMatch): void;
  find(connector: string, carrierMessageId: string): CarrierMatch | undefined;
}

/** Whose number a destination is, for mobile-originated messages. */
export type InboundRoute = (to: string) => { readonly tenantId: string; readonly walletId: string } | null;

/** Who may bind. Compares in constant time; null for an unknown system_id as for a wrong password. Throws Unavailable. */
export interface SmppAccounts {
  authenticate(systemId: string, password: string): Promise<{ readonly tenantId: string } | null>;
}

/** One part's outcome, for a message of several parts that owes its ESME one receipt. */
export interface PartOutcome {
  readonly messageId: string;
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  readonly state: "delivered" | "failed" | "rejected" | "expired";
  /** Epoch ms. */
  readonly at: number;
}

export interface SettledMessage {
  readonly messageId: string;
  /** What all parts share, else `failed`. */
  readonly state: PartOutcome["state"];
  readonly at: number;
}

export interface PartOutcomes {
  /**
   * Stores the outcomes (the first of each part stands) and returns which of these messages now have one for every part. Told again, it
   * returns them again. Throws Unavailable.
   */
  settle(outcomes: readonly PartOutcome[]): Promise<readonly SettledMessage[]>;
  /** Forgets outcomes older than `before` (epoch ms). Returns how many. */
  discardOlderThan(before: number): Promise<number>;
}
