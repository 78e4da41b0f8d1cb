import {
  MARGIN_ROWS_MAX,
  type MarginDimension,
  type MarginQuery,
  type MarginReports,
  type MarginRow,
} from "#domain/wallet/margin.ts";
import { storedMoney } from "./ledger-columns.ts";
import { onPostgres, type Pool } from "./pool.ts";

const COLUMNS: Readonly<Record<MarginDimension, string>> = {
  tenant: "tenant_id",
  channel: "split_part(event_type, '.', 1)",
  event_type: "event_type",
  operator: "operator",
  country: "country",
  connector: "connector",
  day: "(at AT TIME ZONE $4)::date::text",
};

/** Charges by the time they happened, corrections by the time they were decided, with what they correct for a description. */
const MOVEMENTS = `
  SELECT tenant_id, event_type, operator, country, connector, occurred_at AS at, currency, 1 AS charges,
         CASE WHEN cost IS NULL AND entry_type = 'charge' THEN 1 ELSE 0 END AS without_cost, revenue,
         coalesce(cost, 0) AS cost, coalesce(commission, 0) AS commission
    FROM ledger_entries
   WHERE entry_type IN ('charge', 'true_up') AND occurred_at >= to_timestamp($1::float8 / 1000)
     AND occurred_at < to_timestamp($2::float8 / 1000)
     -- An event is accepted a day before it happens at the earliest: older partitions hold none of these.
     AND accepted_month >= date_trunc('month', to_timestamp($1::float8 / 1000) AT TIME ZONE 'UTC' - interval '2 days')::date
     AND ($3::text IS NULL OR tenant_id = $3)
  UNION ALL
  SELECT tenant_id, event_type, operator, country, NULL, decided_at, currency, 0, 0, revenue, 0, commission
    FROM ledger_corrections
   WHERE decided_at >= to_timestamp($1::float8 / 1000) AND decided_at < to_timestamp($2::float8 / 1000)
     AND ($3::text IS NULL OR tenant_id = $3)`;

/** Reports over the ledger, computed when they are asked for. */
export function createMarginReports(pool: Pool): MarginReports {
  return {
    margin: async (query) => {
      const { rows } = await onPostgres(() =>
        pool.query<Record<string, string | null>>(statement(query), [
          query.from,
          query.to,
          query.tenantId,
          query.timezone,
        ]),
      );
      return rows.length > MARGIN_ROWS_MAX ? null : rows.map((row) => marginRow(query.by, row));
    },
  };
}

/** Only the names of COLUMNS get into the text. */
function statement({ by }: MarginQuery): string {
  const groups = by.map((dimension, index) => `${COLUMNS[dimension]} AS g${index}`);
  const places = [...by.keys()].map((index) => `g${index}`);
  return `
    SELECT ${[...groups, "currency"].join(", ")}, sum(charges) AS charges, sum(without_cost) AS without_cost,
           sum(revenue)::numeric(38,18) AS revenue, sum(cost)::numeric(38,18) AS cost,
           sum(commission)::numeric(38,18) AS commission
      FROM (${MOVEMENTS}) m WHERE $4::text IS NOT NULL
     GROUP BY ${[...places, "currency"].join(", ")} ORDER BY ${[...places, "currency"].join(", ")} LIMIT ${MARGIN_ROWS_MAX + 1}`;
}

function marginRow(by: readonly MarginDimension[], row: Readonly<Record<string, string | null>>): MarginRow {
  return {
    group: Object.fromEntries(by.map((dimension, index) => [dimension, row[`g${index}`] ?? null])),
    currency: row["currency"] as string,
    charges: BigInt(row["charges"] as string),
    withoutCost: BigInt(row["without_cost"] as string),
    revenue: storedMoney(row["revenue"] as string),
    cost: storedMoney(row["cost"] as string),
    commission: storedMoney(row["commission"] as string),
  };
}
