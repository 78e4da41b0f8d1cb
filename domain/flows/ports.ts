import type { WorkflowTrigger } from "#domain/events/workflow-trigger.ts";

/** Hands triggers to durable flows. */
export interface FlowTriggers {
  /**
   * Starts the flow that the trigger is for, or tells the one that runs. When it resolves, Temporal has it for good; the same trigger again
   * changes nothing. @throws Unavailable when Temporal cannot be reached.
   */
  deliver(trigger: WorkflowTrigger): Promise<void>;
}
