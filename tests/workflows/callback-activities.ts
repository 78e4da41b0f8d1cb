import { createWebhookClient } from "#adapters/http/webhook-client.ts";
import { workflowLink, type TemporalClient } from "#adapters/temporal/client.ts";
import { createFlowRuns } from "#adapters/temporal/flow-runs.ts";
import { createResultDeliveryActivities } from "#activities/result-delivery.ts";
import { createSignedCall } from "#activities/signed-calls.ts";
import type { ResultDeliveryActivities } from "#workflows/result-delivery/api.ts";

const clock = { now: () => Date.now() };

/** The real ones, for tenants that have no webhook; this machine's own addresses may be called. */
export function callbackActivities(temporal: TemporalClient): ResultDeliveryActivities {
  return createResultDeliveryActivities({
    flows: createFlowRuns(temporal),
    call: createSignedCall({
      tenants: { get: async () => null },
      sender: createWebhookClient({ allowedNetworks: ["127.0.0.0/8"], bodyBytesMax: 1_000_000, clock }),
      operatorSecret: null,
      clock,
    }),
    linkOf: (workflowId) => workflowLink(temporal.config, workflowId),
  });
}
