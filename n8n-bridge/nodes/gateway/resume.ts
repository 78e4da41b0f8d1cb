import {
  type IDataObject,
  type IExecuteFunctions,
  type IRunExecutionData,
  type IWebhookFunctions,
  type IWebhookResponseData,
  NodeOperationError,
} from "n8n-workflow";

/** What made a waiting node fail, in words. */
export interface ResumeFailure {
  readonly message: string;
  /** What to do, or where to look. */
  readonly description: string;
  readonly details: IDataObject;
}

/** Path below an execution's resume URL at which the end of a run is taken: a call that comes late wakes no other waiting node. */
export const RESULT_PATH = "run-result";

/**
 * Where the platform tells of the end of the run that this node waits for. An execution has one resume URL, and a call may come twice: what it
 * waits for is part of the address.
 */
export function resultUrl(context: IExecuteFunctions, item: number, waitsFor: string): string {
  const url = context.evaluateExpression("{{ $execution.resumeUrl }}", item) as string;
  const [address, query = ""] = url.split("?");
  return `${address}/${RESULT_PATH}?${query === "" ? "" : `${query}&`}waits_for=${encodeURIComponent(waitsFor)}`;
}

/** Keeps with the execution what the node waits for, over restarts of n8n. */
export function keepWaitingFor(context: IExecuteFunctions, waitsFor: string): void {
  context.getContext("node").waitsFor = waitsFor;
}

/** What the node waits for now; null where that was not kept. */
export function waitingFor(context: IWebhookFunctions): string | null {
  const { name } = context.getNode();
  const kept = context.evaluateExpression(`{{ $node[${JSON.stringify(name)}].context.waitsFor }}`);
  return typeof kept === "string" ? kept : null;
}

/** Lets a waiting execution go on with one item. */
export function resumed(json: IDataObject): IWebhookResponseData {
  return { workflowData: [[{ json, pairedItem: { item: 0 } }]] };
}

/**
 * Lets a waiting execution go on with the node failed. Where the node continues on errors, the error's item does it. Otherwise the execution has
 * to stop here: n8n runs whatever follows even if webhook() throws, so the error is handed over where n8n itself puts that of a sub-workflow
 * which ended while its parent waited (ITaskMetadata.resumeError); an n8n that does not look there gets no item, and nothing that follows runs.
 */
export function resumedFailed(context: IWebhookFunctions, failure: ResumeFailure): IWebhookResponseData {
  const { message, description, details } = failure;
  if (continues(context)) return resumed({ error: message, details });
  const { runExecutionData } = context as IWebhookFunctions & { runExecutionData?: IRunExecutionData | null };
  const waiting = runExecutionData?.executionData?.nodeExecutionStack[0];
  const error = new NodeOperationError(context.getNode(), message, { description });
  error.context.data = details;
  if (waiting === undefined) context.logger.error(message);
  else waiting.metadata = { ...waiting.metadata, resumeError: error };
  return { workflowData: [[]] };
}

function continues(context: IWebhookFunctions): boolean {
  const { onError, continueOnFail } = context.getNode();
  return continueOnFail === true || onError === "continueRegularOutput" || onError === "continueErrorOutput";
}
