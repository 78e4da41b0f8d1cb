import type { Role } from "./actor.ts";

/** A stored administration key; the key itself is shown once and never stored. */
export interface AdminKeyRecord {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
  /** Last four characters of the key, to tell keys apart. */
  readonly lastFour: string;
  readonly createdBy: string;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

export interface NewAdminKey {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
  readonly lastFour: string;
  /** SHA-256 of the key, lower-case hex. */
  readonly hash: string;
  readonly createdBy: string;
  readonly createdAt: number;
}

/** All throw Unavailable when the store cannot be reached: access then fails closed. */
export interface AdminKeys {
  /** The active key with this hash. */
  find(hash: string): Promise<AdminKeyRecord | null>;
  create(key: NewAdminKey): Promise<AdminKeyRecord>;
  list(): Promise<readonly AdminKeyRecord[]>;
  /** False when there is no such active key. */
  revoke(keyId: string, at: number): Promise<boolean>;
}

/** Two at once, so that a tenant can rotate without a gap. */
export const ACTIVE_API_KEYS_MAX = 2;

/** A claim of one Idempotency-Key, made before the effect. */
export interface IdempotencyClaim {
  /** Whose key it is and for what: `tenant:TENANT-001:messages`; keys of different scopes never meet. */
  readonly scope: string;
  readonly key: string;
  /** SHA-256 of the request's meaning, hex: the same key with another body is refused. */
  readonly requestHash: string;
  /** Ids (UUIDv7) for what the request makes; a repetition is given the first claim's. */
  readonly resourceIds: readonly string[];
  /** Epoch ms. */
  readonly now: number;
}

/**
 * `claimed`: the caller carries the request out, with these ids. `done`: it was carried out; the answer is the stored one, or null when only the ids
 * are still kept. `busy`: another request carries it out now. `mismatch`: the key belongs to another body.
 */
export type IdempotencyOutcome =
  | { readonly kind: "claimed"; readonly token: string; readonly resourceIds: readonly string[] }
  | {
      readonly kind: "done";
      readonly response: StoredResponse | null;
      readonly resourceIds: readonly string[];
    }
  | { readonly kind: "busy" }
  | { readonly kind: "mismatch" };

export interface StoredResponse {
  readonly status: number;
  /** JSON text, without any secret. */
  readonly body: string;
}

export interface IdempotencyStore {
  claim(claim: IdempotencyClaim): Promise<IdempotencyOutcome>;
  /** Stores the answer of a claim that took effect. */
  complete(claim: IdempotencyClaim, token: string, response: StoredResponse): Promise<void>;
  /** Gives the key back after a refusal without effect; its ids stay with it, so that a repetition makes nothing twice. */
  release(claim: IdempotencyClaim, token: string): Promise<void>;
}

/** How long a claim holds off its repetitions when its process died before answering. */
export const IDEMPOTENCY_LEASE_MS = 30_000;
/** Answers are kept at least this long, ids for the platform's horizon. */
export const IDEMPOTENCY_RESPONSE_MS = 24 * 3_600_000;
export const IDEMPOTENCY_HORIZON_MS = 400 * 24 * 3_600_000;
