import type { PendingReceipt, PendingReceipts, TakenReceipt } from "#domain/messages/ports.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { inTransaction, onPostgres, type Pool } from "./pool.ts";

const STORE = `
  INSERT INTO esme_receipts (system_id, message_id, part, state, tenant_id, parts, at, accepted_at, code)
  SELECT system_id, message_id, part, state, tenant_id, parts, to_timestamp(at / 1000), to_timestamp(accepted_at / 1000), code
  FROM unnest($1::text[], $2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::int[], $7::float8[], $8::float8[], $9::text[])
    AS r (system_id, message_id, part, state, tenant_id, parts, at, accepted_at, code)
  ON CONFLICT DO NOTHING`;

/** A receipt whose message the timeline has not stored yet waits: its addresses are nowhere else. */
const TAKE = `
  WITH next AS (
    SELECT r.system_id, r.message_id, r.part, r.state, m.sender, m.recipient
    FROM esme_receipts r JOIN messages m ON m.message_id = r.message_id AND m.expires_at IS NOT NULL
    WHERE r.system_id = ANY ($1::text[]) AND r.leased_until <= to_timestamp($2::float8 / 1000)
    ORDER BY r.system_id, r.message_id, r.part
    LIMIT $3 FOR UPDATE OF r SKIP LOCKED
  )
  UPDATE esme_receipts r SET leased_until = to_timestamp(($2::float8 + $4::float8) / 1000)
  FROM next n
  WHERE (r.system_id, r.message_id, r.part, r.state) = (n.system_id, n.message_id, n.part, n.state)
  RETURNING r.system_id AS "systemId", r.tenant_id AS "tenantId", r.message_id AS "messageId", r.part, r.parts, r.state,
    (extract(epoch FROM r.at) * 1000)::float8 AS at, (extract(epoch FROM r.accepted_at) * 1000)::float8 AS "acceptedAt", r.code,
    n.sender AS "from", n.recipient AS "to"`;

const REMOVE = `
  DELETE FROM esme_receipts r
  USING unnest($1::text[], $2::uuid[], $3::smallint[], $4::text[]) AS d (system_id, message_id, part, state)
  WHERE (r.system_id, r.message_id, r.part, r.state) = (d.system_id, d.message_id, d.part, d.state)`;

function keyColumns(receipts: readonly PendingReceipt[]): string[] {
  return [
    textArray(receipts.map(({ systemId }) => systemId)),
    plainArray(receipts.map(({ messageId }) => messageId)),
    plainArray(receipts.map(({ part }) => part)),
    plainArray(receipts.map(({ state }) => state)),
  ];
}

export function createPendingReceipts(pool: Pool): PendingReceipts {
  return {
    async store(receipts) {
      if (receipts.length === 0) return;
      await onPostgres(() =>
        pool.query(STORE, [
          ...keyColumns(receipts),
          textArray(receipts.map(({ tenantId }) => tenantId)),
          plainArray(receipts.map(({ parts }) => parts)),
          plainArray(receipts.map(({ at }) => at)),
          plainArray(receipts.map(({ acceptedAt }) => acceptedAt)),
          textArray(receipts.map(({ code }) => code)),
        ]),
      );
    },
    async take(systemIds, limit, now, leaseMs) {
      if (systemIds.length === 0) return [];
      return inTransaction(pool, async (client) => {
        const { rows } = await client.query<TakenReceipt>(TAKE, [textArray(systemIds), now, limit, leaseMs]);
        return rows.sort((left, right) => left.at - right.at);
      });
    },
    async remove(receipts) {
      if (receipts.length === 0) return;
      await onPostgres(() => pool.query(REMOVE, keyColumns(receipts)));
    },
    async discardOlderThan(before) {
      const { rowCount } = await onPostgres(() =>
        pool.query("DELETE FROM esme_receipts WHERE at < to_timestamp($1::float8 / 1000)", [before]),
      );
      return rowCount ?? 0;
    },
  };
}
