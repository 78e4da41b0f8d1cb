import { lastSettleableDay } from "#domain/settlement/day.ts";
import { SETTLEMENT, settlementWorkflowId } from "#workflows/settlement/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import type { CaughtMail } from "../../../examples/smtp-catcher/mailbox.ts";
import type { CrashedFlow, CrashWorld } from "../crash-world.ts";

/** Always the last day that may be settled: one before it would be superseded. Each run is a revision of its report. */
export const settlementCrashes: CrashedFlow = {
  flow: SETTLEMENT,
  queue: TASK_QUEUES.billing,
  expected: { result: "settled", reports: 1, gapless: true, mails: 1 },
  sample: [{ activity: "issueReport", nth: 1, moment: "after" }],
  async prepare(world) {
    const day = lastSettleableDay(Date.now());
    return {
      workflowType: SETTLEMENT,
      workflowId: settlementWorkflowId(day),
      args: [{ day, actor: "test" }],
      async effects(flow) {
        const { result } = (await flow.result()) as { readonly result: string };
        const { firstExecutionRunId } = flow as { readonly firstExecutionRunId?: string };
        return { result, ...(await reportsOf(world, day, firstExecutionRunId ?? "")) };
      },
    };
  },
};

async function reportsOf({ pool, environment }: CrashWorld, day: string, runKey: string) {
  const { rows } = await pool.query<{ revision: number }>(
    "SELECT revision FROM settlement_reports WHERE run_key = $1",
    [runKey],
  );
  const chain = await pool.query<{ gapless: boolean }>(
    "SELECT count(*) = max(position) AS gapless FROM settlement_reports",
  );
  const response = await fetch(`${environment.urls.smtpInbox}/messages`);
  const { messages } = (await response.json()) as { readonly messages: readonly CaughtMail[] };
  const id = `<settlement.${day}.${rows[0]?.revision}@catalyst>`;
  const mails = new Set(messages.filter(({ messageId }) => messageId === id).map(({ subject }) => subject));
  return { reports: rows.length, gapless: chain.rows[0]?.gapless, mails: mails.size };
}
