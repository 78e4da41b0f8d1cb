/**
 * Writes the histories of fraud cases in tests/histories anew: after the workflow has changed on purpose, never to make a failing replay
 * pass. Needs no environment: node tests/workflows/record-fraud-histories.ts
 */
import { createFraudAlerts } from "#adapters/temporal/fraud-alerts.ts";
import type { FraudAlert } from "#domain/events/fraud-alert.ts";
import {
  DECIDE,
  fraudCaseWorkflowId,
  type DecideInput,
  type FraudCaseActivities,
} from "#workflows/fraud-case/api.ts";
import { writeHistory } from "./recorded-histories.ts";
import { alertOf, scriptedFraud, SLA_MINUTES } from "./scripted-fraud.ts";
import { startTimeSkipping } from "./time-skipping.ts";

const time = await startTimeSkipping();
const MINUTE = 60_000;

interface Happening {
  readonly flow: ReturnType<typeof time.temporal.client.workflow.getHandle>;
  readonly calls: readonly string[];
  readonly alert: FraudAlert;
  readonly tell: (alert: FraudAlert) => Promise<void>;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function record(
  name: string,
  script: Partial<FraudCaseActivities>,
  act: (happening: Happening) => Promise<void>,
): Promise<void> {
  const alert = alertOf();
  const { activities, calls } = scriptedFraud(script);
  await time.withWorker(
    activities,
    async (taskQueue) => {
      const alerts = createFraudAlerts(time.temporal, taskQueue);
      await alerts.deliver(alert);
      const flow = time.temporal.client.workflow.getHandle(fraudCaseWorkflowId(alert));
      await act({ flow, calls, alert, tell: (more) => alerts.deliver(more) });
      await flow.result();
      await writeHistory(`fraud-case.${name}`, await flow.fetchHistory(), time.temporal.config.payloadKeys);
    },
    "cases-recorded",
  );
}

async function decide(
  { flow, calls }: Happening,
  decision: DecideInput["decision"],
  after = "ask support",
): Promise<void> {
  await until(() => calls.includes(after));
  const input: DecideInput = { caseId: "FC-2026-000001", decision, actor: "support: Kim", reason: "a drill" };
  await flow.executeUpdate(DECIDE, { args: [input] });
}

await record("nobody-in-time", {}, async (happening) => {
  const { calls } = happening;
  await until(() => calls.includes("ask support"));
  for (const next of ["escalation manager", "escalation owner", "undecided owner"]) {
    await time.pass(SLA_MINUTES.high * MINUTE);
    await until(() => calls.includes(next));
  }
  await time.pass(1440 * MINUTE);
  await decide(happening, "block", "reminder owner");
});
await record("released", {}, (happening) => decide(happening, "release"));
await record("refunded", {}, (happening) => decide(happening, "refund"));
await record("more-alerts", {}, async (happening) => {
  const { alert, tell } = happening;
  await until(() => happening.calls.includes("ask support"));
  const destinations = [...alert.destinations, { country: "GB", prefix: "4477009" }];
  await tell({ ...alert, severity: "critical", destinations });
  await decide(happening, "release", "freeze 3712000,4477009");
});
await record(
  "known",
  { openCase: async () => ({ kind: "known", because: "FC-1 was about it", slaMinutes: SLA_MINUTES }) },
  async () => {},
);
await record("cancelled", {}, async ({ flow, calls }) => {
  await until(() => calls.includes("ask support"));
  await flow.cancel();
});
await record("suspended", {}, (happening) => decide(happening, "suspend"));
await time.close();
process.exit(0);
