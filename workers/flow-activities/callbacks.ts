import { createWebhookClient } from "#adapters/http/webhook-client.ts";
import { workflowLink } from "#adapters/temporal/client.ts";
import { createFlowRuns } from "#adapters/temporal/flow-runs.ts";
import { createN8nStepActivities } from "#activities/n8n-step.ts";
import { createResultDeliveryActivities } from "#activities/result-delivery.ts";
import { createSignedCall } from "#activities/signed-calls.ts";
import { createStepLinks } from "#platform/step-links.ts";
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
  const call = createSignedCall({
    tenants,
    sender,
    operatorSecret: config.operator.webhook?.secret ?? null,
    clock,
  });
  return {
    ...createResultDeliveryActivities({
      flows: createFlowRuns(temporal),
      call,
      linkOf: (workflowId) => workflowLink(temporal.config, workflowId),
    }),
    ...createN8nStepActivities({
      call,
      links: createStepLinks(config.secretKey, config.gateway.publicUrl),
    }),
  };
}
