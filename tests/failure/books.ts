import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Environment } from "../../scripts/environment.ts";
import { reconcile, type Reconciliation } from "../../scripts/reconciliation.ts";

/** What the database says of the messages that a client was told are accepted. */
export interface Fate {
  readonly known: number;
  readonly final: number;
  /** Billable events that have more than one entry. */
  readonly charged_twice: number;
  /** Delivered ones without a charge, or with one of nothing: sent for free. */
  readonly free: number;
  /** Blocked ones that a carrier got all the same. */
  readonly blocked_but_sent: number;
}

/** The entries are gathered once: none of their indexes is by message. */
const FATE = `
  WITH charged AS MATERIALIZED (
    SELECT message_id, bool_or(event_type = 'sms.delivered' AND amount < 0) AS paid,
           bool_or(event_type IN ('sms.submit', 'sms.delivered')) AS carried
    FROM ledger_entries WHERE tenant_id = $1 AND message_id IS NOT NULL GROUP BY message_id)
  SELECT count(*)::int AS known,
         count(*) FILTER (WHERE m.final_at IS NOT NULL)::int AS final,
         count(*) FILTER (WHERE m.state = 'delivered' AND c.paid IS NOT TRUE)::int AS free,
         count(*) FILTER (WHERE m.state = 'blocked' AND c.carried)::int AS blocked_but_sent
  FROM messages m LEFT JOIN charged c ON c.message_id = m.message_id::text
  WHERE m.tenant_id = $1 AND m.message_id = ANY($2::uuid[])`;

const CHARGED_TWICE = `
  SELECT count(*)::int AS charged_twice FROM (
    SELECT FROM ledger_entries WHERE tenant_id = $1 AND event_id IS NOT NULL
    GROUP BY event_id HAVING count(*) > 1) AS repeated`;

export async function fateOf(
  environment: Environment,
  tenantId: string,
  ids: readonly string[],
): Promise<Fate> {
  const database = new pg.Client({ connectionString: environment.urls.postgres });
  database.on("error", () => {});
  try {
    await database.connect();
    const fate = (await database.query<Omit<Fate, "charged_twice">>(FATE, [tenantId, ids])).rows[0]!;
    const twice = (await database.query<Pick<Fate, "charged_twice">>(CHARGED_TWICE, [tenantId])).rows[0]!;
    return { ...fate, ...twice };
  } finally {
    await database.end().catch(() => {});
  }
}

/** Asks until `wanted` says that all is settled, or the time is over; answers what it saw last. */
export async function settled<Seen>(
  look: () => Promise<Seen>,
  wanted: (seen: Seen) => boolean,
  limitMs: number,
): Promise<Seen> {
  const end = performance.now() + limitMs;
  for (;;) {
    let seen: Seen | undefined;
    let failure: unknown;
    try {
      seen = await look();
      if (wanted(seen)) return seen;
    } catch (error) {
      failure = error; // a server may still be on its way back
    }
    if (performance.now() > end) {
      if (seen === undefined) throw failure;
      return seen;
    }
    await sleep(300);
  }
}

/** Reconciles once everything has come to rest: every message final, every hold given back. */
export function settledBooks(
  environment: Environment,
  tenantId: string,
  limitMs: number,
): Promise<Reconciliation> {
  const { postgres, redis } = environment.urls;
  return settled(
    () => reconcile(postgres, redis, tenantId),
    ({ reconciled }) => reconciled,
    limitMs,
  );
}
