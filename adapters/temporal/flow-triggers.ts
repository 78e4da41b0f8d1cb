import { defineSearchAttributeKey, TypedSearchAttributes } from "@temporalio/common";
import { FLOW_STATUS, TENANT_ID } from "#domain/flows/search-attributes.ts";
import type { FlowTriggers } from "#domain/flows/ports.ts";
import {
  LOW_BALANCE,
  lowBalanceWorkflowId,
  THRESHOLD_CROSSED,
  type LowBalanceInput,
  type ThresholdCrossed,
} from "#workflows/low-balance/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { onTemporal, type TemporalClient } from "./client.ts";

/** Beyond it Temporal counts as away. */
const CALL_MS_MAX = 5_000;

/** @param taskQueue another queue than the platform's own, in tests. */
export function createFlowTriggers(
  { client }: TemporalClient,
  taskQueue: string = TASK_QUEUES.billing,
): FlowTriggers {
  return {
    async deliver({ id, tenantId, walletId, currency, threshold, balance, at }) {
      const input: LowBalanceInput = { tenantId, walletId, currency };
      const crossing: ThresholdCrossed = { id, threshold, balance, at };
      await onTemporal(() =>
        client.withDeadline(Date.now() + CALL_MS_MAX, () =>
          client.workflow.signalWithStart(LOW_BALANCE, {
            workflowId: lowBalanceWorkflowId(walletId),
            taskQueue,
            args: [input],
            signal: THRESHOLD_CROSSED,
            signalArgs: [crossing],
            staticSummary: `Low balance of ${tenantId}`,
            typedSearchAttributes: new TypedSearchAttributes([
              { key: defineSearchAttributeKey(TENANT_ID.name, TENANT_ID.type), value: tenantId },
              { key: defineSearchAttributeKey(FLOW_STATUS.name, FLOW_STATUS.type), value: threshold },
            ]),
          }),
        ),
      );
    },
  };
}
