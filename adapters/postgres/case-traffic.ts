import type { AffectedTraffic, CaseEvidence, CaseTraffic } from "#domain/fraud/ports.ts";
import { formatMoney } from "#domain/money/money.ts";
import { storedMoney } from "./ledger-columns.ts";
import { onPostgres, type Pool } from "./pool.ts";

const ROWS_MAX = 100;
const PREFIXES_MAX = 20;

/**
 * Messages of $1 accepted within [$2, $3) whose destination lies in one of the ranges $4 or countries $5 (neither: wherever). The key begins
 * with the time of acceptance, so the index of the tenant bounds what is read.
 */
const AFFECTED = `
  SELECT m.* FROM messages m
   WHERE m.tenant_id = $1 AND m.direction = 'outbound'
     AND m.message_id >= catalyst_uuid_floor(to_timestamp($2::float8 / 1000))
     AND m.message_id < catalyst_uuid_floor(to_timestamp($3::float8 / 1000))
     AND ((cardinality($4::text[]) = 0 AND cardinality($5::text[]) = 0) OR m.country = ANY($5::text[])
       OR EXISTS (SELECT FROM unnest($4::text[]) AS p (prefix) WHERE starts_with(m.recipient, '+' || p.prefix)))`;

/** An event's id begins with its message's, so the ledger's own key finds a message's charges. */
const CHARGES = `
  SELECT e.event_id, e.amount, e.currency, m.message_id FROM m CROSS JOIN LATERAL (
    SELECT * FROM ledger_entries e
     WHERE e.event_id > m.message_id::text || ':' AND e.event_id < m.message_id::text || ';'
       AND e.accepted_month = date_trunc('month', m.accepted_at AT TIME ZONE 'UTC')::date
       AND e.tenant_id = m.tenant_id AND e.entry_type = 'charge' AND e.amount < 0) e`;

function parametersOf({ tenantId, from, to, destinations }: AffectedTraffic): unknown[] {
  const prefixes = destinations.flatMap(({ prefix }) => (prefix === null ? [] : [prefix]));
  const countries = destinations.flatMap(({ country, prefix }) =>
    prefix === null && country !== null ? [country] : [],
  );
  return [tenantId, from, to, prefixes, countries];
}

/** What messages and the ledger know of a case's traffic; numbers are looked at, and never leave. */
export function createCaseTraffic(pool: Pool): CaseTraffic {
  const rowsOf = async <Row extends object>(text: string, traffic: AffectedTraffic, ...more: unknown[]) => {
    const { rows } = await onPostgres(() => pool.query<Row>(text, [...parametersOf(traffic), ...more]));
    return rows;
  };
  return {
    messages: (traffic) =>
      rowsOf<CaseEvidence["messages"][number]>(
        `SELECT country, state, count(*)::float8 AS messages FROM (${AFFECTED}) m GROUP BY country, state
          ORDER BY messages DESC, country, state LIMIT ${ROWS_MAX}`,
        traffic,
      ),
    prefixes: (traffic) =>
      rowsOf<CaseEvidence["prefixes"][number]>(
        // As destinationPrefix: at most nine digits, never the last four.
        `SELECT left(substr(recipient, 2, greatest(1, length(recipient) - 5)), 9) AS prefix, count(*)::float8 AS messages
           FROM (${AFFECTED}) m WHERE recipient ~ '^\\+[0-9]+$' GROUP BY 1 ORDER BY messages DESC, prefix LIMIT ${PREFIXES_MAX}`,
        traffic,
      ),
    async conversations(traffic) {
      const rows = await rowsOf<{ count: number }>(
        `SELECT count(DISTINCT conversation)::float8 AS count FROM (${AFFECTED}) m`,
        traffic,
      );
      return rows[0]?.count ?? 0;
    },
    async spend(traffic) {
      const rows = await rowsOf<{ currency: string; amount: string; charges: number }>(
        `WITH m AS (${AFFECTED}), charges AS (${CHARGES})
         SELECT currency, (-sum(amount))::numeric(38,18) AS amount, count(*)::float8 AS charges FROM charges
          GROUP BY currency ORDER BY currency`,
        traffic,
      );
      return rows.map((row) => ({ ...row, amount: formatMoney(storedMoney(row.amount)) }));
    },
    async charges(traffic, after, limit) {
      const rows = await rowsOf<{ event_id: string | null; currency: string; message_id: string }>(
        `WITH m AS (${AFFECTED} AND m.message_id > $6::uuid ORDER BY m.message_id LIMIT $7)
         SELECT m.message_id::text, c.event_id, c.currency FROM m LEFT JOIN (${CHARGES}) c ON c.message_id = m.message_id
          ORDER BY m.message_id, c.event_id`,
        traffic,
        after ?? LOWEST,
        limit,
      );
      const messages = new Set(rows.map((row) => row.message_id));
      return {
        charges: rows.flatMap(({ event_id: transactionId, currency }) =>
          transactionId === null ? [] : [{ transactionId, currency }],
        ),
        next: messages.size < limit ? null : (rows.at(-1)?.message_id ?? null),
      };
    },
  };
}

const LOWEST = "00000000-0000-0000-0000-000000000000";
