import { TypedSearchAttributes } from "@temporalio/common";
import type { WorkflowTrigger } from "#domain/events/workflow-trigger.ts";
import { FLOW_STATUS, TENANT_ID } from "#domain/flows/search-attributes.ts";
import type { FlowTriggers } from "#domain/flows/ports.ts";
import {
  LOW_BALANCE,
  lowBalanceWorkflowId,
  THRESHOLD_CROSSED,
  type LowBalanceInput,
  type ThresholdCrossed,
} from "#workflows/low-balance/api.ts";
import { TASK_QUEUES, type TaskQueue } from "#workflows/task-queues.ts";
import { onTemporal, type TemporalClient } from "./client.ts";

/** Beyond it Temporal counts as away. */
const CALL_MS_MAX = 5_000;

/** What a trigger tells which flow: the one of its business key, started where it does not run yet. */
interface Told {
  readonly flow: string;
  readonly workflowId: string;
  readonly taskQueue: TaskQueue;
  readonly tenantId: string;
  readonly flowStatus: string;
  /** Shown in the Web UI's list. */
  readonly summary: string;
  readonly input: unknown;
  readonly signal: string;
  /** Bears the trigger's id: the flow knows those that it has seen. */
  readonly message: { readonly id: string };
}

type TriggerOf<Type> = Extract<WorkflowTrigger, { readonly type: Type }>;

/** Every type of trigger: what comes on workflow.triggers is told by this table and in no other way. */
const TELL: { readonly [Type in WorkflowTrigger["type"]]: (trigger: TriggerOf<Type>) => Told } = {
  "wallet.threshold": ({ id, tenantId, walletId, currency, threshold, balance, at }) => ({
    flow: LOW_BALANCE,
    workflowId: lowBalanceWorkflowId(walletId),
    taskQueue: TASK_QUEUES.billing,
    tenantId,
    flowStatus: threshold,
    summary: `Low balance of ${tenantId}`,
    input: { tenantId, walletId, currency } satisfies LowBalanceInput,
    signal: THRESHOLD_CROSSED,
    message: { id, threshold, balance, at } satisfies ThresholdCrossed,
  }),
};

/** @param taskQueue another queue than the flows' own, in tests. */
export function createFlowTriggers({ client }: TemporalClient, taskQueue?: string): FlowTriggers {
  return {
    async deliver(trigger) {
      const told = TELL[trigger.type](trigger);
      await onTemporal(() =>
        client.withDeadline(Date.now() + CALL_MS_MAX, () =>
          client.workflow.signalWithStart(told.flow, {
            workflowId: told.workflowId,
            taskQueue: taskQueue ?? told.taskQueue,
            args: [told.input],
            signal: told.signal,
            signalArgs: [told.message],
            staticSummary: told.summary,
            typedSearchAttributes: new TypedSearchAttributes([
              { key: TENANT_ID, value: told.tenantId },
              { key: FLOW_STATUS, value: told.flowStatus },
            ]),
          }),
        ),
      );
    },
  };
}
