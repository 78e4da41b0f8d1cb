import type { WorkflowTrigger } from "#domain/events/workflow-trigger.ts";
import type { WebhookAnswer } from "#domain/messages/ports.ts";

/** Hands triggers to durable flows. */
export interface FlowTriggers {
  /**
   * Starts the flow that the trigger is for, or tells the one that runs. When it resolves, Temporal has it for good; the same trigger again
   * changes nothing. @throws Unavailable when Temporal cannot be reached.
   */
  deliver(trigger: WorkflowTrigger): Promise<void>;
}

/** Calls whoever waits for a flow, at an address that somebody else chose. */
export interface CallbackSender {
  /** POSTs JSON. Follows no redirect; gives up after `timeoutMs`. Never rejects. */
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    timeoutMs: number,
  ): Promise<CallbackAnswer>;
}

/** `text`: the beginning of what was answered. */
export type CallbackAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly text: string }
  | Exclude<WebhookAnswer, { readonly kind: "answered" }>;
