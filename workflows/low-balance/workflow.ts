import {
  condition,
  continueAsNew,
  defineSignal,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
  type ActivityOptions,
} from "@temporalio/workflow";
import { FLOW_STATUS } from "#domain/flows/search-attributes.ts";
import { createStory, type Story } from "#domain/flows/story.ts";
import {
  CAUSE_MAY_HAVE_ENDED,
  SUSPENSION,
  suspensionWorkflowId,
  type SuspensionInput,
} from "#workflows/suspension/api.ts";
import {
  type BalanceAlert,
  type LowBalanceActivities,
  type LowBalanceInput,
  type LowBalanceOutput,
  THRESHOLD_CROSSED,
  type ThresholdCrossed,
} from "./api.ts";

type Status = BalanceAlert | "recovered";

/** Triggers whose ids are remembered: a repetition comes within minutes of the first. */
const REMEMBERED_MAX = 1_000;

const ASK: ActivityOptions = {
  startToCloseTimeout: "15s",
  retry: { initialInterval: "500ms", backoffCoefficient: 2, maximumInterval: "1m" },
};

const MAIL: ActivityOptions = {
  startToCloseTimeout: "1m",
  scheduleToCloseTimeout: "24h",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "10m" },
};

const activities = (
  options: ActivityOptions,
  summary: string,
): ReturnType<typeof proxyActivities<LowBalanceActivities>> =>
  proxyActivities<LowBalanceActivities>({ ...options, summary });

/** What an earlier run has done already, where the history grew long. */
interface Carried {
  readonly alerts: readonly BalanceAlert[];
  readonly seen: readonly string[];
  readonly waiting: readonly ThresholdCrossed[];
}

/**
 * A wallet whose balance is low: one alert for each crossing that the ledger confirms, a suspension when it is critical, and an end when the
 * balance has recovered.
 */
export async function lowBalance(
  input: LowBalanceInput,
  carried: Carried = { alerts: [], seen: [], waiting: [] },
): Promise<LowBalanceOutput> {
  const waiting = [...carried.waiting];
  const seen = new Set(carried.seen);
  const alerts = [...carried.alerts];
  const story = createStory<Status>(`${input.tenantId}: wallet ${input.walletId}`, (status, details) => {
    setCurrentDetails(details);
    upsertSearchAttributes([{ key: FLOW_STATUS, value: status }]);
  });
  setHandler(
    defineSignal<[ThresholdCrossed]>(THRESHOLD_CROSSED),
    (crossing) => {
      if (seen.has(crossing.id)) return;
      seen.add(crossing.id);
      waiting.push(crossing);
    },
    { description: "The balance crossed a threshold" },
  );
  for (;;) {
    await condition(() => waiting.length > 0);
    const crossing = waiting.shift()!;
    const { below, suspension, balance } = await activities(
      ASK,
      `ask the ledger about ${input.walletId}`,
    ).balanceStanding(input);
    if (crossing.threshold !== "recovered" && below.includes(crossing.threshold)) {
      alerts.push(crossing.threshold);
      await tell(input, story, crossing.threshold, crossing);
      if (crossing.threshold === "critical" && suspension !== null)
        await suspend(input, story, suspension.graceSeconds);
    } else if (below.length === 0 && waiting.length === 0) {
      if (alerts.length > 0) await recover(input, story, { ...crossing, balance });
      if (waiting.length === 0) {
        story.finish("recovered", "The balance has recovered.");
        return { alerts, recovered: alerts.length > 0 };
      }
    }
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof lowBalance>(input, {
        alerts: alerts.slice(-REMEMBERED_MAX),
        seen: [...seen].slice(-REMEMBERED_MAX),
        waiting,
      });
  }
}

async function tell(
  { tenantId, walletId, currency }: LowBalanceInput,
  story: Story<Status>,
  kind: Status,
  { id, balance }: ThresholdCrossed,
): Promise<void> {
  story.begin(kind, `${kind}: ${balance} ${currency} mailed`);
  try {
    const outcome = await activities(MAIL, `mail ${tenantId}: ${kind}`).mailBalance({
      tenantId,
      walletId,
      currency,
      kind,
      balance,
      triggerId: id,
    });
    if (outcome.kind === "accepted") story.end("done");
    else
      story.end(
        "failed",
        outcome.kind === "none"
          ? `${kind}: the tenant has no address`
          : `${kind}: mail refused: ${outcome.reason}`,
      );
  } catch {
    story.end("failed", `${kind}: mail given up after a day`);
  }
}

/** A suspension that runs already goes on: there is one per tenant. */
async function suspend(
  { tenantId, walletId, currency }: LowBalanceInput,
  story: Story<Status>,
  graceSeconds: number,
): Promise<void> {
  story.begin("critical", "suspension begun");
  const args: [SuspensionInput] = [
    {
      tenantId,
      cause: "critical_balance",
      walletId,
      graceSeconds,
      reason: `the balance of the ${currency} wallet is critical`,
      actor: "billing",
    },
  ];
  try {
    await startChild(SUSPENSION, {
      workflowId: suspensionWorkflowId(tenantId),
      args,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Suspend ${tenantId}`,
      typedSearchAttributes: workflowInfo().typedSearchAttributes,
    });
    story.end("done");
  } catch (error) {
    if (!(error instanceof Error && error.name === "WorkflowExecutionAlreadyStartedError")) throw error;
    story.end("done", "a suspension runs already");
  }
}

async function recover(
  input: LowBalanceInput,
  story: Story<Status>,
  crossing: ThresholdCrossed,
): Promise<void> {
  try {
    await getExternalWorkflowHandle(suspensionWorkflowId(input.tenantId)).signal(CAUSE_MAY_HAVE_ENDED);
  } catch {
    // None runs: there is nothing to end.
  }
  await tell(input, story, "recovered", crossing);
}
