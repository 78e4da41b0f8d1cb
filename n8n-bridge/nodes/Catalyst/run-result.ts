import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from "n8n-workflow";
import { isObject } from "../gateway/problem";
import { resumed, resumedFailed, waitingFor } from "../gateway/resume";

/** Takes what the platform posts below the execution's resume URL once the run has ended; a failed run fails the node. */
export function receiveRunResult(context: IWebhookFunctions): IWebhookResponseData {
  const body: IDataObject = context.getBodyData();
  const { waits_for: told } = context.getQueryData() as IDataObject;
  const expected = waitingFor(context);
  // Of a run that this node waited for earlier, in another round of a loop: told, and nothing more to do.
  if (expected !== null && told !== expected) return {};
  if (typeof body.workflow_id !== "string" || typeof body.status !== "string") return refused(context);
  const result: IDataObject = { ...body, link: body.link ?? null };
  if (body.status === "completed") return resumed(result);
  const { type = body.status, message = "" } = isObject(body.failure) ? body.failure : {};
  const because = message === "" ? `${type}` : `${type}: ${message}`;
  return resumedFailed(context, {
    message: `Run ${body.workflow_id} has ${STATUS[body.status] ?? "ended"} (${because})`,
    description:
      typeof body.link === "string"
        ? `Look at the run: ${body.link}`
        : "Look at the run in Temporal's Web UI.",
    details: result,
  });
}

const STATUS: Readonly<Record<string, string>> = {
  failed: "failed",
  cancelled: "been cancelled",
  terminated: "been terminated",
  timed_out: "timed out",
};

/** Not what a run ends with: the execution goes on waiting. */
function refused(context: IWebhookFunctions): IWebhookResponseData {
  context.getResponseObject().status(400).json({ message: "A run's result has workflow_id and status" });
  return { noWebhookResponse: true };
}
