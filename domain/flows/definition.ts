import type { z } from "zod";
import type { Party } from "#domain/access/permissions.ts";

/** A signal, update or query of a flow, as a client sees it. */
export interface FlowMessage {
  readonly description: string;
  /** What it is given; null: nothing. */
  readonly input: z.ZodType | null;
  /** What it answers; null for signals. */
  readonly output: z.ZodType | null;
  /** Who may send it. */
  readonly parties: readonly Party[];
}

/** What a schedule of a flow needs to be told. */
export interface FlowScheduling {
  /** Who may make, pause, trigger, backfill and delete it. */
  readonly parties: readonly Party[];
  /**
   * The business key of the schedule that starts this input again and again ("invoicing-TENANT-001"), also the prefix of its runs' ids, and whose
   * it is; null: the platform's. The input has been parsed by the flow's own schema.
   */
  readonly identify: (input: never) => { readonly scheduleId: string; readonly tenantId: string | null };
}

/** What a client may know of a durable flow and do with it; each flow's api.ts has one. */
export interface FlowDefinition {
  /** The workflow's type. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly taskQueue: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** What starts it, in words. */
  readonly startedBy: string;
  /** Who may start it as such; empty: it is started as `startedBy` says. */
  readonly starters: readonly Party[];
  /** The business key of an input, and whose run it is; null: the platform's. The input has been parsed. */
  readonly identify: (input: never) => { readonly workflowId: string; readonly tenantId: string | null };
  /** How clients may have it started by a calendar (/api/v2/schedules); absent: not at all. */
  readonly schedule?: FlowScheduling;
  readonly signals: Readonly<Record<string, FlowMessage>>;
  readonly updates: Readonly<Record<string, FlowMessage>>;
  readonly queries: Readonly<Record<string, FlowMessage>>;
}
