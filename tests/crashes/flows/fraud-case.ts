import { ALERTED, DECIDE, FRAUD_CASE, fraudCaseWorkflowId } from "#workflows/fraud-case/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import type { CaughtMail } from "../../../examples/smtp-catcher/mailbox.ts";
import { attachWorld, eventually, finalMessage, type Tenant } from "../../pipeline/world.ts";
import { alertOf } from "../../workflows/scripted-fraud.ts";
import type { CrashedFlow, CrashWorld } from "../crash-world.ts";

const WINDOW_MS = 600_000;
/** Two messages, each scanned and delivered. */
const CHARGED = "4 × -0.0602";

interface CaseRow {
  readonly case_id: string;
  readonly status: string;
  readonly decision: string | null;
}

/** Frozen, asked, decided: what the traffic cost is given back. */
export const fraudCaseCrashes: CrashedFlow = {
  flow: FRAUD_CASE,
  queue: TASK_QUEUES.cases,
  expected: {
    cases: ["closed: refund"],
    gapless: true,
    ledger: { top_up: "1 × 10", charge: CHARGED, refund: "4 × 0.0602" },
    timeline: "each entry once",
    mails: 2,
  },
  sample: [
    { activity: "openCase", nth: 1, moment: "after" },
    { activity: "refundTraffic", nth: 1, moment: "after" },
  ],
  async prepare(world) {
    const tenant = await chargedTenant(world);
    const { tenantId } = tenant;
    const now = Date.now();
    const alert = alertOf({
      tenantId,
      pattern: "reported",
      destinations: [{ country: "GB", prefix: "447700900" }],
      window: { from: now - WINDOW_MS, to: now + WINDOW_MS },
    });
    const input = { tenantId, pattern: alert.pattern };
    const walletId = await walletOf(world, tenantId);
    return {
      workflowType: FRAUD_CASE,
      workflowId: fraudCaseWorkflowId(input),
      args: [input],
      async act(flow) {
        await flow.signal(ALERTED, alert);
        const [opened] = await eventually(
          () => casesOf(world, tenantId),
          (cases) => cases.length > 0,
        );
        const caseId = opened?.case_id;
        await eventually(
          () =>
            flow
              .executeUpdate(DECIDE, {
                args: [{ caseId, decision: "refund", actor: "Kim", reason: "a drill" }],
              })
              .then(
                () => "decided",
                (error: Error) => error.message,
              ),
          (answer) => answer === "decided",
        );
      },
      async effects() {
        const cases = await casesOf(world, tenantId);
        return {
          cases: cases.map(({ status, decision }) => `${status}: ${decision}`),
          gapless: await areCaseNumbersGapless(world),
          ledger: await ledgerOf(world, tenantId, walletId),
          timeline: await timelineOf(world, cases[0]?.case_id ?? ""),
          mails: await mailsOf(world, cases[0]?.case_id ?? "none"),
        };
      },
    };
  },
};

async function chargedTenant(world: CrashWorld): Promise<Tenant> {
  const tenant = await (await attachWorld()).tenant("CRASHED");
  for (const to of ["+447700900123", "+447700900124"]) {
    const message = { from: "ACME", to, text: "hello" };
    const { message_id: id } = await tenant.rest.post<{ message_id: string }>("/api/v2/messages", message);
    await finalMessage(tenant.rest, id);
  }
  const walletId = await walletOf(world, tenant.tenantId);
  await eventually(
    () => ledgerOf(world, tenant.tenantId, walletId),
    (ledger) => ledger["charge"] === CHARGED,
  );
  return tenant;
}

async function walletOf({ tenants }: CrashWorld, tenantId: string): Promise<string> {
  return (await tenants.get(tenantId))?.wallets[0]?.walletId ?? "";
}

async function ledgerOf(
  world: CrashWorld,
  tenantId: string,
  walletId: string,
): Promise<Readonly<Record<string, string>>> {
  const tenant = await world.tenants.get(tenantId);
  return tenant === null ? {} : world.ledger({ tenant, walletId });
}

async function casesOf({ pool }: CrashWorld, tenantId: string): Promise<CaseRow[]> {
  const { rows } = await pool.query<CaseRow>(
    "SELECT case_id, status, decision FROM fraud_cases WHERE tenant_id = $1",
    [tenantId],
  );
  return rows;
}

async function areCaseNumbersGapless({ pool }: CrashWorld): Promise<boolean> {
  const { rows } = await pool.query<{ gapless: boolean }>(
    "SELECT (SELECT sum(number) FROM fraud_case_numbers) = (SELECT count(*) FROM fraud_cases) AS gapless",
  );
  return rows[0]?.gapless === true;
}

async function timelineOf({ pool }: CrashWorld, caseId: string): Promise<string> {
  const { rows } = await pool.query<{ entry: string }>(
    "SELECT entry FROM fraud_case_timeline WHERE case_id = $1 GROUP BY entry HAVING count(*) > 1",
    [caseId],
  );
  return rows.length === 0 ? "each entry once" : rows.map(({ entry }) => entry).join("; ");
}

async function mailsOf({ environment }: CrashWorld, caseId: string): Promise<number> {
  const response = await fetch(`${environment.urls.smtpInbox}/messages`);
  const { messages } = (await response.json()) as { readonly messages: readonly CaughtMail[] };
  return new Set(
    messages.flatMap(({ messageId }) => (messageId?.startsWith(`<fraud.${caseId}.`) ? [messageId] : [])),
  ).size;
}
