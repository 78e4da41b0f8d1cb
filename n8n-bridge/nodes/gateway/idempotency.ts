import { createHash } from "crypto";
import type { IDataObject, IExecuteFunctions } from "n8n-workflow";

/**
 * The key under which this node's request takes effect once, however often n8n sends it: the same for the same execution, node, round of a
 * loop and item. An execution is told from any other, also another installation's of the same number, by its secret resume token.
 */
export function idempotencyKey(context: IExecuteFunctions, item: number): string {
  const of = context.evaluateExpression("{{ [$execution.resumeUrl, $runIndex] }}", item);
  const hash = createHash("sha256")
    .update(JSON.stringify([of, context.getNode().id, item]))
    .digest("base64url");
  return `n8n-${context.getExecutionId()}-${hash.slice(0, 32)}`;
}

/** Headers of a request that takes effect: the person's own key where there is one. */
export function effectHeaders(context: IExecuteFunctions, item: number, own: unknown = ""): IDataObject {
  const key = typeof own === "string" && own !== "" ? own : idempotencyKey(context, item);
  return { "idempotency-key": key };
}

/** By which the run is found in the Web UI from its n8n execution. */
export function executionHeader(context: IExecuteFunctions): IDataObject {
  const id = context.getExecutionId();
  return id ? { "x-n8n-execution-id": id } : {};
}
