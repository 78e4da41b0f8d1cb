import { randomUUID } from "node:crypto";
import {
  IDEMPOTENCY_HORIZON_MS,
  IDEMPOTENCY_LEASE_MS,
  IDEMPOTENCY_RESPONSE_MS,
  type IdempotencyClaim,
  type IdempotencyOutcome,
  type IdempotencyStore,
} from "#domain/access/ports.ts";
import { onPostgres, type Pool } from "./pool.ts";

/** Takes a key that is new, was given back, or whose holder's lease is over; one statement, so that of many requests one gets it. */
const CLAIM = `
  INSERT INTO idempotency_keys AS known (scope, key, request_hash, resource_ids, claim_token, claimed_until, created_at)
  VALUES ($1, $2, $3, $4, $5, to_timestamp($7::float8 / 1000), to_timestamp($6::float8 / 1000))
  ON CONFLICT (scope, key) DO UPDATE
    SET claim_token = excluded.claim_token, claimed_until = excluded.claimed_until
    WHERE known.completed_at IS NULL
      AND known.request_hash = excluded.request_hash
      AND (known.claimed_until IS NULL OR known.claimed_until <= excluded.created_at)
  RETURNING resource_ids`;

interface KnownRow {
  readonly request_hash: string;
  readonly resource_ids: string[];
  readonly status: number | null;
  readonly response: string | null;
  readonly completed: boolean;
}

/** Idempotency keys: one row each, the claim and the answer. */
export function createIdempotencyStore(pool: Pool): IdempotencyStore {
  return {
    claim: (claim) => onPostgres(() => take(pool, claim)),
    complete: (claim, token, response) =>
      onPostgres(async () => {
        await pool.query(
          `UPDATE idempotency_keys SET status = $4, response = $5, completed_at = now(), claim_token = NULL, claimed_until = NULL
           WHERE scope = $1 AND key = $2 AND claim_token = $3`,
          [claim.scope, claim.key, token, response.status, response.body],
        );
      }),
    release: (claim, token) =>
      onPostgres(async () => {
        await pool.query(
          `UPDATE idempotency_keys SET claim_token = NULL, claimed_until = NULL
           WHERE scope = $1 AND key = $2 AND claim_token = $3`,
          [claim.scope, claim.key, token],
        );
      }),
  };
}

async function take(pool: Pool, claim: IdempotencyClaim): Promise<IdempotencyOutcome> {
  const token = randomUUID();
  const { rows: taken } = await pool.query<{ resource_ids: string[] }>(CLAIM, [
    claim.scope,
    claim.key,
    claim.requestHash,
    claim.resourceIds,
    token,
    claim.now,
    claim.now + IDEMPOTENCY_LEASE_MS,
  ]);
  if (taken[0] !== undefined) return { kind: "claimed", token, resourceIds: taken[0].resource_ids };
  const { rows } = await pool.query<KnownRow>(
    `SELECT request_hash, resource_ids, status, response, completed_at IS NOT NULL AS completed
     FROM idempotency_keys WHERE scope = $1 AND key = $2`,
    [claim.scope, claim.key],
  );
  const known = rows[0];
  // Pruned between the two statements.
  if (known === undefined) return { kind: "busy" };
  if (known.request_hash !== claim.requestHash) return { kind: "mismatch" };
  if (!known.completed) return { kind: "busy" };
  const response =
    known.response === null || known.status === null ? null : { status: known.status, body: known.response };
  return { kind: "done", response, resourceIds: known.resource_ids };
}

/** Rows per statement: short locks, whatever has gathered. */
const PRUNE_ROWS = 5_000;

/** Forgets answers older than a day and keys older than the horizon. To be called every few minutes; returns the rows touched. */
export async function pruneIdempotencyKeys(pool: Pool, now: number): Promise<number> {
  return onPostgres(async () => {
    const forgotten = await pool.query(
      `UPDATE idempotency_keys SET response = NULL WHERE (scope, key) IN (
         SELECT scope, key FROM idempotency_keys
         WHERE response IS NOT NULL AND created_at < to_timestamp($1::float8 / 1000) LIMIT ${PRUNE_ROWS})`,
      [now - IDEMPOTENCY_RESPONSE_MS],
    );
    const ended = await pool.query(
      `DELETE FROM idempotency_keys WHERE (scope, key) IN (
         SELECT scope, key FROM idempotency_keys WHERE created_at < to_timestamp($1::float8 / 1000) LIMIT ${PRUNE_ROWS})`,
      [now - IDEMPOTENCY_HORIZON_MS],
    );
    return (forgotten.rowCount ?? 0) + (ended.rowCount ?? 0);
  });
}
