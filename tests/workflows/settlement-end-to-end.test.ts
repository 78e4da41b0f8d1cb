import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createPool, type Pool } from "#adapters/postgres/pool.ts";
import { lastSettleableDay } from "#domain/settlement/day.ts";
import { canonicalJson, type SettlementReport } from "#domain/settlement/report.ts";
import { createReportCrypto, readSettlementKey } from "#platform/settlement-signer.ts";
import { uuidv7 } from "../gateway/uuidv7.ts";
import { attachWorld, eventually, type Tenant, type World } from "../pipeline/world.ts";

/** The newest that may be settled: one before it may have been superseded. */
const DAY = lastSettleableDay(Date.now());

let world: World;
let pool: Pool;
let tenant: Tenant;
beforeAll(async () => {
  world = await attachWorld();
  pool = createPool(world.environment.urls.postgres, "settlement-tests");
  tenant = await world.tenant("SETTLED");
}, 60_000);
afterAll(() => pool.end());

/** A message of that day which was delivered for nothing: its charge never came. */
async function deliveredForFree(): Promise<string> {
  const at = Date.parse(`${DAY}T10:00:00Z`);
  const id = uuidv7(at);
  await pool.query(
    `INSERT INTO messages (message_id, tenant_id, wallet_id, channel, conversation, accepted_at, parts, direction, holds, steps, state, final_at,
       hold_open, country, recipient)
     SELECT $1::uuid, w.tenant_id, w.wallet_id, 'sms', 'c', to_timestamp($2::float8 / 1000), 1, 'outbound', '{"scan":"0","submit":"0","part":"0.03"}', $3,
            'delivered', to_timestamp($2::float8 / 1000), 0, 'GB', '+447700900123' FROM wallets w WHERE w.tenant_id = $4`,
    [id, at, JSON.stringify({ "delivered:1": { at } }), tenant.tenantId],
  );
  return id;
}

interface Run {
  readonly status: string;
}

async function settled(): Promise<SettlementReport> {
  const { workflow_id: id } = await world.admin.post<{ workflow_id: string }>("/api/v2/settlements", {
    day: DAY,
  });
  expect(id).toBe(`settlement-${DAY}`);
  await eventually(
    () => world.admin.get<Run>(`/api/v2/workflows/runs/${id}`),
    ({ status }) => status === "completed",
  );
  const shown = await world.admin.get<Signed>(`/api/v2/settlements/${DAY}`);
  const key = readSettlementKey(
    (await world.admin.get<{ public_key: string }>("/api/v2/settlements/public-key")).public_key,
  );
  const crypto = createReportCrypto(key === null ? [] : [key]);
  expect(crypto.sha256(canonicalJson(shown.report))).toBe(shown.hash);
  expect(crypto.verify(shown.hash, shown.signature, shown.key_id)).toBe(true);
  return shown.report;
}

interface Signed {
  readonly report: SettlementReport;
  readonly hash: string;
  readonly signature: string;
  readonly key_id: string;
}

test("what was delivered for nothing is found, posted through billing, told to the operator, and gone the next time", async () => {
  const id = await deliveredForFree();
  const eventId = `${id}:sms.delivered:1`;
  const first = await settled();
  expect(first.differences.listed.find(({ subject }) => subject === eventId)).toMatchObject({
    kind: "charge_missing",
    outcome: "adjusted",
    tenant_id: tenant.tenantId,
  });
  const { rows } = await eventually(
    () =>
      pool.query<{ amount: string }>(
        "SELECT amount::float8 AS amount FROM ledger_entries WHERE event_id = $1",
        [eventId],
      ),
    ({ rows: found }) => found.length > 0,
  );
  expect(rows).toEqual([{ amount: -0.03 }]);
  const inbox = async (): Promise<readonly { subject: string }[]> =>
    (
      (await (await fetch(`${world.environment.urls.smtpInbox}/messages`)).json()) as {
        messages: readonly { subject: string }[];
      }
    ).messages;
  await eventually(inbox, (mails) => mails.some(({ subject }) => subject.startsWith(`Settlement of ${DAY}`)));
  const second = await settled();
  expect(second.differences.listed.filter(({ subject }) => subject === eventId)).toEqual([]);
  expect(second.revision).toBe(first.revision + 1);
}, 180_000);

test("every night the schedule settles the day before", async () => {
  const schedule = await world.admin.get<Record<string, unknown>>("/api/v2/schedules/settlement-nightly");
  expect(schedule).toMatchObject({
    workflow: "settlement",
    paused: false,
    calendar: { every: "day", timezone: "UTC", hour: 4, minute: 30 },
  });
});
