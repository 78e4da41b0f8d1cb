import { located, mapped, type Samples } from "./sample.ts";

const nobody = "suspension-NOBODY";
const noRun = { error: `There is no workflow run ${nobody}.`, code: "not_found" };

const runOf = (tenantId: string) => ({
  workflow: located("suspension"),
  workflowId: located(`suspension-${tenantId}`),
});
const wrongRun = { workflowId: { value: nobody } };

const input = (tenantId: string) => ({ tenantId, cause: "person", graceSeconds: 0, reason: "a test" });

/** In the order in which they run: later ones build on what earlier ones did. Start and Wait takes one item at a time: it has a test of its own. */
export const runSamples: Samples = {
  "workflow.start": ({ started, link }) => ({
    parameters: { workflow: located("suspension"), input: mapped(input(started)) },
    wrong: { input: { value: { cause: "weather" } } },
    error: "input.cause: must be one of critical_balance, overdue_invoice, fraud, person",
    code: "validation_failed",
    output: [
      {
        workflow_id: `suspension-${started}`,
        workflow: "suspension",
        tenant_id: started,
        status: "running",
        result: null,
        link: link(`suspension-${started}`),
      },
    ],
  }),
  "workflow.signal": ({ asked, link }) => ({
    parameters: { ...runOf(asked), signalName: "causeMayHaveEnded" },
    wrong: { signalName: "hello" },
    error: "Suspension has no signal hello: it has causeMayHaveEnded",
    code: "not_found",
    output: [{ workflow_id: `suspension-${asked}`, output: null, link: link(`suspension-${asked}`) }],
  }),
  "workflow.query": ({ asked, link }) => ({
    parameters: { ...runOf(asked), queryName: "state" },
    wrong: { queryName: "mood" },
    error: "The workflow has no query mood: it has state.",
    code: "not_found",
    output: [
      {
        workflow_id: `suspension-${asked}`,
        output: { status: "suspended", dueAt: null },
        link: link(`suspension-${asked}`),
      },
    ],
  }),
  "workflow.describe": ({ asked, link }) => ({
    parameters: runOf(asked),
    wrong: wrongRun,
    ...noRun,
    output: [
      {
        workflow_id: `suspension-${asked}`,
        tenant_id: asked,
        status: "running",
        flow_status: "suspended",
        link: link(`suspension-${asked}`),
      },
    ],
  }),
  "workflow.list": ({ asked, link }) => ({
    parameters: {
      tenantId: located(asked),
      workflow: located("suspension"),
      filters: { status: "running", startedFrom: "2024-01-01T00:00:00" },
    },
    wrong: { filters: { startedFrom: "yesterday" } },
    error: "query.started_from: must be a time such as 2024-12-25T18:00:00Z",
    code: "validation_failed",
    output: [{ workflow_id: `suspension-${asked}`, status: "running", link: link(`suspension-${asked}`) }],
  }),
  "workflow.cancel": ({ cancelled, link }) => ({
    parameters: runOf(cancelled),
    wrong: wrongRun,
    ...noRun,
    output: [{ workflow_id: `suspension-${cancelled}`, link: link(`suspension-${cancelled}`) }],
  }),
  "workflow.terminate": ({ ended, link }) => ({
    parameters: { ...runOf(ended), reason: "a mistake" },
    wrong: { reason: " " },
    error: "reason: is needed: why",
    code: "validation_failed",
    output: [{ workflow_id: `suspension-${ended}`, status: "terminated", link: link(`suspension-${ended}`) }],
  }),
  "workflow.update": ({ asked, ended, link }) => ({
    parameters: {
      ...runOf(asked),
      updateName: "reinstate",
      input: mapped({ actor: "Kim", reason: "it was paid" }),
    },
    wrong: { workflowId: { value: `suspension-${ended}` } },
    error: `suspension-${ended} has ended: it takes nothing any more.`,
    code: "conflict",
    output: [
      {
        workflow_id: `suspension-${asked}`,
        output: { status: "reinstated" },
        link: link(`suspension-${asked}`),
      },
    ],
  }),
  "workflow.getResult": ({ asked, link }) => ({
    parameters: { ...runOf(asked), waitMs: 20_000 },
    wrong: { waitMs: -1 },
    error: "query.wait_ms: must be at least 0",
    code: "validation_failed",
    output: [
      {
        workflow_id: `suspension-${asked}`,
        status: "completed",
        output: { result: "reinstated", by: "Kim", reason: "it was paid" },
        failure: null,
        link: link(`suspension-${asked}`),
      },
    ],
  }),
  "workflow.reset": ({ ended, link }) => ({
    parameters: { ...runOf(ended), to: "first", eventId: 2, reason: "not a mistake" },
    wrong: { to: "event" },
    error: /^suspension-\S+ cannot be reset: event 2 is no end of a decision: 4, [\d, ]+ are\.$/,
    code: "conflict",
    output: [{ workflow_id: `suspension-${ended}`, status: "running", link: link(`suspension-${ended}`) }],
  }),
};

const noSchedule = { error: "There is no schedule invoicing-NOBODY.", code: "not_found" };
const wrongSchedule = { scheduleId: { value: "invoicing-NOBODY" } };

const scheduleOf = (tenantId: string) => ({ scheduleId: located(`invoicing-${tenantId}`) });

const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

export const scheduleSamples: Samples = {
  "schedule.create": ({ main, scheduleLink }) => ({
    parameters: {
      workflow: located("invoicing"),
      input: mapped({ tenantId: main }),
      every: "week",
      dayOfWeek: 1,
      hour: 6,
      minute: 30,
      timezone: "Europe/Rome",
      note: "by the week",
    },
    wrong: { timezone: "Mars/Olympus" },
    error: "calendar.timezone: must be an IANA time zone such as America/New_York",
    code: "validation_failed",
    output: [
      {
        schedule_id: `invoicing-${main}`,
        tenant_id: main,
        calendar: { every: "week", timezone: "Europe/Rome", hour: 6, minute: 30, day_of_week: 1 },
        paused: false,
        link: scheduleLink(`invoicing-${main}`),
      },
    ],
  }),
  "schedule.list": ({ main, scheduleLink }) => ({
    parameters: { tenantId: located(main), workflow: located("invoicing") },
    wrong: { workflow: { value: "no flow" } },
    error: "query.workflow: must be a workflow's name",
    code: "validation_failed",
    output: [{ schedule_id: `invoicing-${main}`, link: scheduleLink(`invoicing-${main}`) }],
  }),
  "schedule.pause": ({ main, scheduleLink }) => ({
    parameters: { ...scheduleOf(main), note: "the books are looked at" },
    wrong: wrongSchedule,
    ...noSchedule,
    output: [
      {
        schedule_id: `invoicing-${main}`,
        paused: true,
        note: "owner: the books are looked at",
        link: scheduleLink(`invoicing-${main}`),
      },
    ],
  }),
  "schedule.trigger": ({ main, scheduleLink }) => ({
    parameters: scheduleOf(main),
    wrong: wrongSchedule,
    ...noSchedule,
    output: [{ schedule_id: `invoicing-${main}`, paused: true, link: scheduleLink(`invoicing-${main}`) }],
  }),
  "schedule.backfill": ({ main, scheduleLink }) => ({
    parameters: { ...scheduleOf(main), from: daysAgo(15), to: daysAgo(1) },
    wrong: { to: "2999-01-01T00:00:00Z" },
    error: "to: must not be in the future",
    code: "validation_failed",
    output: [{ schedule_id: `invoicing-${main}`, paused: true, link: scheduleLink(`invoicing-${main}`) }],
  }),
  "schedule.resume": ({ main, scheduleLink }) => ({
    parameters: { ...scheduleOf(main), note: "they are right" },
    wrong: { note: "" },
    error: "note: is needed: why",
    code: "validation_failed",
    output: [
      {
        schedule_id: `invoicing-${main}`,
        paused: false,
        note: "owner: they are right",
        link: scheduleLink(`invoicing-${main}`),
      },
    ],
  }),
  "schedule.delete": ({ main }) => ({
    parameters: scheduleOf(main),
    wrong: wrongSchedule,
    ...noSchedule,
    output: [{ schedule_id: `invoicing-${main}`, deleted: true, link: null }],
  }),
};
