import { TypedSearchAttributes } from "@temporalio/common";
import { CASE_SEVERITY, FLOW_STATUS, TENANT_ID } from "#domain/flows/search-attributes.ts";
import type { FraudAlerts } from "#domain/fraud/ports.ts";
import { ALERTED, FRAUD_CASE, fraudCaseWorkflowId, type FraudCaseInput } from "#workflows/fraud-case/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { onTemporal, type TemporalClient } from "./client.ts";

/** Beyond it Temporal counts as away. */
const CALL_MS_MAX = 5_000;

/** @param taskQueue another queue than the platform's own, in tests. */
export function createFraudAlerts(
  { client }: TemporalClient,
  taskQueue: string = TASK_QUEUES.cases,
): FraudAlerts {
  return {
    async deliver(alert) {
      const { tenantId, pattern, severity } = alert;
      const input: FraudCaseInput = { tenantId, pattern };
      await onTemporal(() =>
        client.withDeadline(Date.now() + CALL_MS_MAX, () =>
          client.workflow.signalWithStart(FRAUD_CASE, {
            workflowId: fraudCaseWorkflowId(input),
            taskQueue,
            args: [input],
            signal: ALERTED,
            signalArgs: [alert],
            staticSummary: `Fraud case of ${tenantId}: ${pattern.replaceAll("_", " ")}`,
            typedSearchAttributes: new TypedSearchAttributes([
              { key: TENANT_ID, value: tenantId },
              { key: FLOW_STATUS, value: "opening" },
              { key: CASE_SEVERITY, value: severity },
            ]),
          }),
        ),
      );
    },
  };
}
