import { CLOSED_STATES } from "#domain/payments/payment.ts";
import {
  type BreakerState,
  type DueOutcome,
  type DueRecharge,
  MASS_LIMITS,
  type MassLimits,
  massReason,
  type RechargeBreaker,
} from "#domain/payments/recharge-breaker.ts";
import { plainArray } from "./array-literal.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

interface BreakerRow {
  readonly state: "closed" | "open";
  readonly openings: number;
  readonly opened_by: string | null;
  readonly changed_at: Date;
  readonly changed_by: string;
  readonly reason: string;
}

const READ = "SELECT state, openings, opened_by, changed_at, changed_by, reason FROM recharge_breaker";

/** The breaker of mass recharges (0015_lifecycle.sql). Recharges that fall due are judged one after the other. */
export function createRechargeBreaker(pool: Pool, limits: MassLimits = MASS_LIMITS): RechargeBreaker {
  return {
    due: (recharge) => inTransaction(pool, (client) => noteDue(client, recharge, limits)),
    state: () => onPostgres(async () => stateOf((await pool.query<BreakerRow>(READ)).rows[0]!)),
    close: ({ actor, reason, at }) =>
      inTransaction(pool, async (client) => {
        await client.query(
          `UPDATE recharge_breaker SET state = 'closed', changed_at = to_timestamp($1::float8 / 1000), changed_by = $2, reason = $3
           WHERE state = 'open'`,
          [at, actor, reason],
        );
        return stateOf((await client.query<BreakerRow>(READ)).rows[0]!);
      }),
    isUnderWay: (walletId) =>
      onPostgres(async () => {
        const { rowCount } = await pool.query(
          `SELECT FROM payments WHERE wallet_id = $1 AND purpose = 'auto_recharge' AND state <> ALL ($2::text[]) LIMIT 1`,
          [walletId, plainArray(CLOSED_STATES)],
        );
        return rowCount === 1;
      }),
  };
}

function stateOf({ state, openings, changed_at, changed_by, reason }: BreakerRow): BreakerState {
  return { state, openings, changedAt: changed_at.getTime(), changedBy: changed_by, reason };
}

async function noteDue(client: Client, recharge: DueRecharge, limits: MassLimits): Promise<DueOutcome> {
  const { paymentId, tenantId, walletId, at } = recharge;
  const breaker = (await client.query<BreakerRow>(`${READ} FOR UPDATE`)).rows[0]!;
  await client.query(
    `INSERT INTO due_recharges (payment_id, tenant_id, wallet_id, due_at) VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000))
     ON CONFLICT (payment_id) DO UPDATE SET due_at = greatest(due_recharges.due_at, excluded.due_at)`,
    [paymentId, tenantId, walletId, at],
  );
  if (breaker.state === "open")
    return {
      kind: "open",
      opened: breaker.opened_by === paymentId,
      openings: breaker.openings,
      reason: breaker.reason,
    };
  const reason = massReason(await countDue(client, at, limits.windowMs, breaker.changed_at), limits);
  if (reason === null) return { kind: "closed" };
  await client.query(
    `UPDATE recharge_breaker SET state = 'open', openings = openings + 1, opened_by = $1,
       changed_at = to_timestamp($2::float8 / 1000), changed_by = 'recharges', reason = $3`,
    [paymentId, at, reason],
  );
  return { kind: "open", opened: true, openings: breaker.openings + 1, reason };
}

/** What fell due before the breaker was last closed has been looked at by a person. */
async function countDue(
  client: Client,
  at: number,
  windowMs: number,
  since: Date,
): Promise<{ recharges: number; tenants: number; enrolled: number }> {
  const due = await client.query<{ recharges: number; tenants: number }>(
    `SELECT count(*)::int AS recharges, count(DISTINCT tenant_id)::int AS tenants FROM due_recharges
     WHERE due_at > to_timestamp($1::float8 / 1000) AND due_at > $2`,
    [at - windowMs, since],
  );
  const tenants = await client.query<{ enrolled: number }>(
    `SELECT count(*)::int AS enrolled FROM tenants
     WHERE status = 'active' AND jsonb_typeof(configuration #> '{payment,autoRecharge}') = 'object'`,
  );
  return { ...due.rows[0]!, ...tenants.rows[0]! };
}
