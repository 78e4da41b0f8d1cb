/** When a schedule fires: a calendar in an IANA zone. Wall-clock times, safe against daylight saving. */
export interface FlowCalendar {
  readonly every: "day" | "week" | "month";
  /** IANA. */
  readonly timezone: string;
  /** 0–23 and 0–59. */
  readonly hour: number;
  readonly minute: number;
  /** 0 = Sunday; of weekly ones. */
  readonly dayOfWeek?: number;
  /** 1–28; of monthly ones. */
  readonly dayOfMonth?: number;
}

/** A flow that starts by itself, again and again. Its id is a business key ("invoicing-TENANT-001"). */
export interface FlowSchedule {
  readonly scheduleId: string;
  readonly flow: string;
  /** Null: it is the platform's own. */
  readonly tenantId: string | null;
  readonly calendar: FlowCalendar;
  readonly paused: boolean;
  /** Why it is paused, or what a person wrote last. */
  readonly note: string | null;
  /** Epoch ms. */
  readonly nextAt: number | null;
  readonly lastAt: number | null;
  /** In Temporal's Web UI. */
  readonly url: string;
}

/** What a schedule starts. The started flow reads its nominal time from the search attribute TemporalScheduledStartTime. */
export interface NewFlowSchedule {
  readonly scheduleId: string;
  readonly flow: string;
  readonly taskQueue: string;
  readonly tenantId: string | null;
  readonly calendar: FlowCalendar;
  /** Of every start; runs overlap never: those that are due while another runs wait their turn. */
  readonly input: unknown;
  /** Prefix of the started flows' ids; the server appends the nominal time. */
  readonly workflowIdPrefix: string;
  readonly note: string | null;
}

/** Schedules of durable flows. Everything throws Unavailable when Temporal cannot be reached. */
export interface FlowSchedules {
  /** Creates it, or changes calendar and input of the one that is there: repeating it changes nothing. */
  put(schedule: NewFlowSchedule): Promise<FlowSchedule>;
  describe(scheduleId: string): Promise<FlowSchedule | null>;
  list(
    filter: { readonly tenantId: string | null; readonly flow: string | null },
    page: { readonly limit: number; readonly cursor: string | null },
  ): Promise<{ readonly schedules: readonly FlowSchedule[]; readonly cursor: string | null }>;
  /** False where there is none. */
  pause(scheduleId: string, note: string): Promise<boolean>;
  resume(scheduleId: string, note: string): Promise<boolean>;
  /** Starts the flow now. */
  trigger(scheduleId: string): Promise<boolean>;
  /** Starts it for every time in [from, to] (epoch ms) at which it should have. */
  backfill(scheduleId: string, from: number, to: number): Promise<boolean>;
  delete(scheduleId: string): Promise<boolean>;
}
