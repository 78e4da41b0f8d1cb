import type { FraudAlert, FraudPattern } from "#domain/events/fraud-alert.ts";
import { type FraudSeverity, SEVERITIES } from "#domain/fraud/severity.ts";
import type { Destination } from "#domain/fraud/destinations.ts";
import type {
  CaseDecisionKind,
  CaseEvidence,
  CaseFilter,
  CaseStatus,
  FraudCase,
  FraudCases,
  OpenedCase,
  TimelineEntry,
} from "#domain/fraud/ports.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

/** What a person has released is not asked about again for so long, unless it is worse. */
const RELEASED_FOR_MS = 86_400_000;
/** Shown of one case; all are kept. */
const ALERTS_SHOWN_MAX = 100;
const TIMELINE_SHOWN_MAX = 500;

/** Cases of fraud (0013_fraud.sql). */
export function createFraudCases(pool: Pool): FraudCases {
  return {
    open: (step) => inTransaction(pool, (client) => open(client, step)),
    extend: (caseId, { alerts, severity, destinations }) =>
      inTransaction(pool, async (client) => {
        await client.query(
          "UPDATE fraud_cases SET severity = $2, destinations = $3 WHERE case_id = $1 AND status <> 'closed'",
          [caseId, severity, JSON.stringify(destinations)],
        );
        await keepAlerts(client, caseId, alerts);
      }),
    setEvidence: (caseId, evidence) =>
      run(pool, "UPDATE fraud_cases SET evidence = $2 WHERE case_id = $1", [
        caseId,
        JSON.stringify(evidence),
      ]),
    tell: (caseId, key, { at, text }) =>
      run(
        pool,
        `INSERT INTO fraud_case_timeline (case_id, key, at, entry) VALUES ($1, $2, to_timestamp($3::float8 / 1000), $4)
         ON CONFLICT DO NOTHING`,
        [caseId, key, at, text],
      ),
    decide: (caseId, { decision, actor, reason, note, at }) =>
      run(
        pool,
        `UPDATE fraud_cases SET status = 'decided', decision = $2, decided_by = $3, reason = $4, note = $5,
           decided_at = to_timestamp($6::float8 / 1000) WHERE case_id = $1 AND status = 'open'`,
        [caseId, decision, actor, reason, note, at],
      ),
    close: (caseId, at) =>
      run(
        pool,
        `UPDATE fraud_cases SET status = 'closed', closed_at = to_timestamp($2::float8 / 1000)
          WHERE case_id = $1 AND status = 'decided'`,
        [caseId, at],
      ),
    find: (caseId) => onPostgres(() => find(pool, caseId)),
    list: (filter, page) => onPostgres(() => list(pool, filter, page)),
  };
}

async function run(pool: Pool, text: string, values: unknown[]): Promise<void> {
  await onPostgres(() => pool.query(text, values));
}

async function open(
  client: Client,
  { tenantId, pattern, workflowId, alerts, now }: Parameters<FraudCases["open"]>[0],
): Promise<OpenedCase> {
  await client.query(
    "SELECT pg_advisory_xact_lock(hashtextextended('catalyst.fraud:' || $1 || ':' || $2, 0))",
    [tenantId, pattern],
  );
  const { rows } = await client.query<{ case_id: string }>(
    "SELECT case_id FROM fraud_cases WHERE tenant_id = $1 AND pattern = $2 AND status <> 'closed'",
    [tenantId, pattern],
  );
  if (rows[0] !== undefined) {
    await keepAlerts(client, rows[0].case_id, alerts);
    return { kind: "open", caseId: rows[0].case_id };
  }
  const because = await whyKnown(client, tenantId, pattern, alerts, now);
  if (because !== null) return { kind: "known", because };
  const caseId = await nextCaseId(client, now);
  await client.query(
    `INSERT INTO fraud_cases (case_id, tenant_id, pattern, severity, status, workflow_id, destinations, opened_at)
     VALUES ($1, $2, $3, $4, 'open', $5, '[]', to_timestamp($6::float8 / 1000))`,
    [caseId, tenantId, pattern, worst(alerts), workflowId, now],
  );
  await keepAlerts(client, caseId, alerts);
  return { kind: "open", caseId };
}

function worst(alerts: readonly FraudAlert[]): FraudSeverity {
  return SEVERITIES[Math.max(...alerts.map(({ severity }) => SEVERITIES.indexOf(severity)))] ?? "low";
}

async function whyKnown(
  client: Client,
  tenantId: string,
  pattern: FraudPattern,
  alerts: readonly FraudAlert[],
  now: number,
): Promise<string | null> {
  const { rows: tenants } = await client.query(
    "SELECT FROM tenants WHERE tenant_id = $1 AND status <> 'closed'",
    [tenantId],
  );
  if (tenants.length === 0) return "there is no such tenant, or it is closed";
  const ids = alerts.map(({ id }) => id);
  const { rows: told } = await client.query<{ alert_id: string; case_id: string }>(
    "SELECT alert_id, case_id FROM fraud_case_alerts WHERE alert_id = ANY($1::text[]) ORDER BY case_id DESC",
    [ids],
  );
  if (new Set(told.map((row) => row.alert_id)).size === new Set(ids).size)
    return `${told[0]?.case_id} was about it`;
  const { rows: released } = await client.query<{ case_id: string; severity: FraudSeverity }>(
    `SELECT case_id, severity FROM fraud_cases WHERE tenant_id = $1 AND pattern = $2 AND decision = 'release'
        AND decided_by <> 'cancellation' AND decided_at > to_timestamp($3::float8 / 1000) ORDER BY case_id DESC LIMIT 1`,
    [tenantId, pattern, now - RELEASED_FOR_MS],
  );
  const last = released[0];
  if (last === undefined) return null;
  const isWorse = SEVERITIES.indexOf(worst(alerts)) > SEVERITIES.indexOf(last.severity);
  return isWorse ? null : `${last.case_id} was released within a day`;
}

async function nextCaseId(client: Client, now: number): Promise<string> {
  const year = new Date(now).getUTCFullYear();
  const { rows } = await client.query<{ number: number }>(
    `INSERT INTO fraud_case_numbers AS n (year, number) VALUES ($1, 1)
     ON CONFLICT (year) DO UPDATE SET number = n.number + 1 RETURNING number`,
    [year],
  );
  return `FC-${year}-${String(rows[0]!.number).padStart(6, "0")}`;
}

/** An alert that came before and knows of more takes the place of what it said; one of another case stays there. */
async function keepAlerts(client: Client, caseId: string, alerts: readonly FraudAlert[]): Promise<void> {
  for (const alert of alerts) {
    await client.query(
      `INSERT INTO fraud_case_alerts AS a (alert_id, case_id, alert) VALUES ($1, $2, $3)
       ON CONFLICT (alert_id) DO UPDATE SET alert = EXCLUDED.alert WHERE a.case_id = EXCLUDED.case_id`,
      [alert.id, caseId, JSON.stringify(alert)],
    );
  }
}

interface CaseRow {
  readonly case_id: string;
  readonly tenant_id: string;
  readonly pattern: FraudPattern;
  readonly severity: FraudSeverity;
  readonly status: CaseStatus;
  readonly workflow_id: string;
  readonly destinations: readonly Destination[];
  readonly evidence: CaseEvidence | null;
  readonly decision: CaseDecisionKind | null;
  readonly decided_by: string | null;
  readonly decided_at: Date | null;
  readonly reason: string | null;
  readonly note: string | null;
  readonly opened_at: Date;
  readonly closed_at: Date | null;
}

async function find(pool: Pool, caseId: string): Promise<FraudCase | null> {
  const { rows } = await pool.query<CaseRow>("SELECT * FROM fraud_cases WHERE case_id = $1", [caseId]);
  if (rows[0] === undefined) return null;
  const { rows: alerts } = await pool.query<{ alert: FraudAlert }>(
    `SELECT alert FROM fraud_case_alerts WHERE case_id = $1 ORDER BY alert_id LIMIT ${ALERTS_SHOWN_MAX}`,
    [caseId],
  );
  const { rows: timeline } = await pool.query<{ at: Date; entry: string }>(
    `SELECT at, entry FROM fraud_case_timeline WHERE case_id = $1 ORDER BY at, key LIMIT ${TIMELINE_SHOWN_MAX}`,
    [caseId],
  );
  const told: TimelineEntry[] = timeline.map(({ at, entry }) => ({ at: at.getTime(), text: entry }));
  return caseOf(
    rows[0],
    alerts.map(({ alert }) => alert),
    told,
  );
}

/** Without alerts and timeline. */
async function list(
  pool: Pool,
  { tenantId, status, severity }: CaseFilter,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<{ readonly rows: readonly FraudCase[]; readonly next: string | null }> {
  const { rows } = await pool.query<CaseRow>(
    `SELECT * FROM fraud_cases WHERE ($1::text IS NULL OR tenant_id = $1) AND ($2::text IS NULL OR status = $2)
        AND ($3::text IS NULL OR severity = $3) AND ($4::text IS NULL OR case_id < $4) ORDER BY case_id DESC LIMIT $5`,
    [tenantId, status, severity, after, limit + 1],
  );
  const shown = rows.slice(0, limit).map((row) => caseOf(row, [], []));
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.caseId ?? null) : null };
}

function caseOf(row: CaseRow, alerts: readonly FraudAlert[], timeline: readonly TimelineEntry[]): FraudCase {
  const decision =
    row.decision === null || row.decided_at === null
      ? null
      : {
          decision: row.decision,
          actor: row.decided_by ?? "",
          reason: row.reason ?? "",
          note: row.note,
          at: row.decided_at.getTime(),
        };
  return {
    caseId: row.case_id,
    tenantId: row.tenant_id,
    pattern: row.pattern,
    severity: row.severity,
    status: row.status,
    destinations: row.destinations,
    alerts,
    evidence: row.evidence,
    timeline,
    decision,
    workflowId: row.workflow_id,
    openedAt: row.opened_at.getTime(),
    closedAt: row.closed_at?.getTime() ?? null,
  };
}
