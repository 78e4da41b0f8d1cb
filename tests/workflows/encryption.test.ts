import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ApplicationFailure } from "@temporalio/common";
import { randomUUID } from "node:crypto";
import { createTemporalClient, type TemporalClient } from "#adapters/temporal/client.ts";
import { createFlowSchedules } from "#adapters/temporal/flow-schedules.ts";
import { reEncryptSchedules } from "#adapters/temporal/schedule-keys.ts";
import { systemClock } from "#domain/clock.ts";
import { derivePayloadKey } from "#platform/payload-keys.ts";
import { onboardingWorkflowId } from "#workflows/tenant-onboarding/api.ts";
import {
  attachFlowsEnvironment,
  onboardingOf,
  scriptedActivities,
  type FlowsEnvironment,
} from "./flows-environment.ts";

let flows: FlowsEnvironment;
beforeAll(async () => {
  flows = await attachFlowsEnvironment();
});
afterAll(() => flows.close());

const CANARY = "canary-4711";

/** Everything that Temporal holds of a run, as one text with all bytes readable. */
async function heldOf(workflowId: string): Promise<string> {
  const { client, config } = flows.temporal;
  const execution = { workflowId };
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  const described = await client.workflowService.describeWorkflowExecution({
    namespace: config.namespace,
    execution,
  });
  const text = JSON.stringify([history, described]);
  const bytes = [...text.matchAll(/"([A-Za-z0-9+/]{8,}={0,2})"/g)].map(([, base64]) =>
    Buffer.from(base64 ?? "", "base64").toString("latin1"),
  );
  return [text, ...bytes].join("\n");
}

test("nothing that a flow is given, answers or fails with can be read in Temporal", async () => {
  const input = onboardingOf({ email: `${CANARY}@acme.test`, name: `${CANARY} Ltd` });
  const refusal = ApplicationFailure.create({
    type: "Validation",
    nonRetryable: true,
    message: `${CANARY} is no rate card`,
    details: [[{ field: "rateCardId", reason: `${CANARY} is no rate card` }]],
  });
  const { activities } = scriptedActivities({ attachRateCard: () => Promise.reject(refusal) });
  const outcome = await flows.withWorker(activities, (starter) => starter.onboard(input, 20_000));
  expect(outcome).toEqual({
    kind: "refused",
    problems: [{ path: "rateCardId", message: `${CANARY} is no rate card` }],
  });
  const held = await heldOf(onboardingWorkflowId(input.tenantId));
  const told = ["binary/encrypted", "Encoded failure", input.tenantId, CANARY, "tests/workflows"];
  expect(told.map((text) => [text, held.includes(text)])).toEqual([
    ["binary/encrypted", true],
    ["Encoded failure", true],
    [input.tenantId, true],
    [CANARY, false],
    // Of a stack trace.
    ["tests/workflows", false],
  ]);
});

test("a client with another key says which one it lacks; with both, it reads on", async () => {
  const input = onboardingOf();
  const { activities } = scriptedActivities();
  await flows.withWorker(activities, (starter) => starter.onboard(input, 20_000));
  const { config } = flows.temporal;
  const rotated = derivePayloadKey("a newer key");
  const result = async (payloadKeys: typeof config.payloadKeys): Promise<unknown> => {
    const other = createTemporalClient({ ...config, payloadKeys });
    try {
      return await other.client.workflow.getHandle(onboardingWorkflowId(input.tenantId)).result();
    } finally {
      await other.close();
    }
  };
  const [current] = config.payloadKeys;
  await expect(result([rotated])).rejects.toThrow(
    `a payload is encrypted with the key "${current?.id}", and only ${rotated.id} are known`,
  );
  await expect(result([rotated, ...config.payloadKeys])).resolves.toMatchObject({ welcomeMail: "accepted" });
});

test("schedules are encrypted with the next key, once, and keep what they start and when", async () => {
  const scheduleId = `suspension-${randomUUID()}`;
  const calendar = { every: "week", timezone: "Europe/Rome", hour: 0, minute: 30, dayOfWeek: 0 } as const;
  const wanted = {
    scheduleId,
    flow: "suspension",
    taskQueue: "nobody",
    tenantId: "T",
    calendar,
    input: { tenantId: "T", note: CANARY },
    workflowIdPrefix: scheduleId,
    note: "kept",
  };
  const { config } = flows.temporal;
  // Only its own schedule: those of others stay with the environment's key.
  const rotated = createTemporalClient({
    ...config,
    payloadKeys: [derivePayloadKey("a newer key"), ...config.payloadKeys],
  });
  const only = { ...rotated, client: onlySchedule(rotated.client, scheduleId) };
  const before = await createFlowSchedules(flows.temporal, systemClock).put(wanted);
  await rotated.client.schedule.getHandle(scheduleId).pause("kept");
  expect(await reEncryptSchedules(only)).toEqual([scheduleId]);
  expect(await reEncryptSchedules(only)).toEqual([]);
  const described = await rotated.client.schedule.getHandle(scheduleId).describe();
  expect(described.action).toMatchObject({
    args: [wanted.input],
    staticSummary: "suspension: T, by its schedule",
  });
  const schedules = createFlowSchedules(rotated, systemClock);
  expect(await schedules.describe(scheduleId)).toEqual({ ...before, paused: true, nextAt: null });
  await expect(flows.temporal.client.schedule.getHandle(scheduleId).describe()).rejects.toThrow(
    "is encrypted with the key",
  );
  await schedules.delete(scheduleId);
  await rotated.close();
});

function onlySchedule(client: TemporalClient["client"], scheduleId: string): TemporalClient["client"] {
  const schedule = Object.assign(Object.create(client.schedule) as typeof client.schedule, {
    list: async function* () {
      yield { scheduleId };
    },
  });
  return Object.create(client, { schedule: { value: schedule } }) as typeof client;
}
