import { tenant } from "../../../fields/locators";
import { call, path } from "../../../gateway/call";
import { linkOfRun } from "../../../gateway/catalog";
import { effectHeaders } from "../../../gateway/idempotency";
import { linked, type Operation } from "../../operation";
import { id, reason, text } from "../../parameters";

export const reinstate: Operation = {
  name: "Reinstate",
  value: "reinstate",
  action: "Reinstate a tenant",
  description: "End a suspension, or what leads to it, whatever the ledger says",
  fields: [
    tenant,
    {
      displayName: "Decided By",
      name: "actor",
      type: "string",
      required: true,
      default: "n8n",
      description: "Who decides; it is kept with the change",
    },
    reason,
  ],
  run: async (context, item) => {
    const tenantId = id(context, "tenantId", item);
    const workflowId = `suspension-${tenantId}`;
    const { output } = await call(context, {
      method: "POST",
      url: path`/api/v2/workflows/runs/${workflowId}/updates/reinstate`,
      headers: effectHeaders(context, item),
      body: { input: { actor: text(context, "actor", item), reason: text(context, "reason", item) } },
      item,
    });
    const link = await linkOfRun(context, workflowId);
    return [linked({ tenant_id: tenantId, workflow_id: workflowId, output: output ?? null }, link)];
  },
};
