import { createWebhookClient } from "#adapters/http/webhook-client.ts";
import { workflowLink } from "#adapters/temporal/client.ts";
import { createFlowRuns } from "#adapters/temporal/flow-runs.ts";
import { createResultDeliveryActivities } from "#activities/result-delivery.ts";
import type { FlowsContext } from "./context.ts";

/** Temporal itself holds no result above 2 MiB. */
const BODY_BYTES_MAX = 3 * 1_048_576;

/** Activities of the queue `callbacks`. */
export function callbacksActivities({ process, tenants, temporal }: FlowsContext): object {
  const { config, clock, lifecycle } = process;
  const sender = createWebhookClient({
    allowedNetworks: config.webhookAllowedNetworks,
    bodyBytesMax: BODY_BYTES_MAX,
    clock,
  });
  lifecycle.register({ name: "callback client", close: () => sender.close() });
  return createResultDeliveryActivities({
    flows: createFlowRuns(temporal),
    tenants,
    sender,
    operatorSecret: config.operator.webhook?.secret ?? null,
    linkOf: (workflowId) => workflowLink(temporal.config, workflowId),
    clock,
  });
}
