import type { Channel } from "./channels.ts";

/** What a door asks the ingress to accept: one message, its addresses still as the tenant wrote them. */
export interface Submission {
  readonly tenantId: string;
  readonly channel: Channel;
  /** Alphanumeric (≤ 11 GSM characters), short code, or a number; national numbers are read in the tenant's country. */
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly door: "rest" | "smpp" | "ussd" | "webhook";
  /** SMPP system_id that submitted it. */
  readonly systemId?: string;
  /** Whether that ESME asked for a receipt (registered_delivery). */
  readonly receipt: boolean;
  /** How long the message may still be sent, from now; DEFAULT_VALIDITY_MS when absent. */
  readonly validityMs?: number;
  /** The tenant's own reference, echoed in webhooks; ≤ 128 characters. */
  readonly reference?: string;
  /** UUIDv7 chosen earlier for the same Idempotency-Key; a new one is made when absent. */
  readonly messageId?: string;
  /** ISO 3166-1 alpha-2; believed only where the tenant's `trustedHints` is set. */
  readonly countryHint?: string;
  /** Believed only where the tenant's `trustedHints` is set. */
  readonly operatorHint?: string;
}

/**
 * Why a submission was refused. `field` is the submission's field to correct, null when none is at fault. `retryable`: the same submission
 * may succeed later without a change. `ourFault`: the platform failed, not the caller.
 */
export const REFUSALS = {
  unknown_tenant: { field: "tenantId", retryable: false, ourFault: false },
  tenant_not_active: { field: "tenantId", retryable: true, ourFault: false },
  tenant_suspended: { field: "tenantId", retryable: false, ourFault: false },
  channel_not_available: { field: "channel", retryable: false, ourFault: false },
  invalid_destination: { field: "to", retryable: false, ourFault: false },
  destination_frozen: { field: "to", retryable: false, ourFault: false },
  invalid_sender: { field: "from", retryable: false, ourFault: false },
  empty_text: { field: "text", retryable: false, ourFault: false },
  text_too_long: { field: "text", retryable: false, ourFault: false },
  invalid_validity: { field: "validityMs", retryable: false, ourFault: false },
  invalid_reference: { field: "reference", retryable: false, ourFault: false },
  no_wallet: { field: null, retryable: true, ourFault: false },
  no_rate_card: { field: null, retryable: true, ourFault: false },
  insufficient_funds: { field: null, retryable: true, ourFault: false },
  unavailable: { field: null, retryable: true, ourFault: true },
} as const satisfies Record<string, RefusalFacts>;

interface RefusalFacts {
  readonly field: keyof Submission | null;
  readonly retryable: boolean;
  readonly ourFault: boolean;
}

export type RefusalCode = keyof typeof REFUSALS;

export interface Refused {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly field: keyof Submission | null;
  readonly retryable: boolean;
  /** One sentence that names the field and the remedy. Holds no number and no text of the message. */
  readonly message: string;
}

export interface Accepted {
  readonly ok: true;
  /** UUIDv7. */
  readonly messageId: string;
  /** SMS segments; 1 on other channels. */
  readonly parts: number;
  readonly encoding: "gsm7" | "ucs2";
  /** Destination, E.164 with +. */
  readonly to: string;
  /** Epoch ms. */
  readonly acceptedAt: number;
}

export type AcceptOutcome = Accepted | Refused;

export function refused(code: RefusalCode, message: string): Refused {
  const { field, retryable } = REFUSALS[code];
  return { ok: false, code, field, retryable, message };
}

/** A day: what SMSCs commonly apply when submit_sm names no validity_period. */
export const DEFAULT_VALIDITY_MS = 86_400_000;
/** A week: what the one-byte relative validity of 3GPP 23.040 §9.2.3.12.1 reaches in days, and how long a reservation may stay open. */
export const MAX_VALIDITY_MS = 7 * 86_400_000;
export const MIN_VALIDITY_MS = 1_000;
export const MAX_REFERENCE_LENGTH = 128;
