import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createTemporalClient, type TemporalClient } from "#adapters/temporal/client.ts";
import { configureNamespace, readNeeds } from "#adapters/temporal/configure.ts";
import { createFlowSchedules } from "#adapters/temporal/flow-schedules.ts";
import { systemClock } from "#domain/clock.ts";
import { SEARCH_ATTRIBUTES } from "#domain/flows/search-attributes.ts";
import { toConfig } from "#platform/config/config.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";

const FOLDER = new URL("../../temporal-config/", import.meta.url);

let shared: TemporalClient;
beforeAll(async () => {
  const { variables } = await attachTestEnvironment();
  shared = createTemporalClient(toConfig(variables).temporal);
});
afterAll(() => shared.close());

const NIGHTLY = {
  scheduleId: "nightly",
  flow: "suspension",
  taskQueue: "billing",
  calendar: { every: "day", timezone: "UTC", hour: 2, minute: 30 },
  input: { tenantId: "T" },
} as const;

test("a new namespace is given what flows need, and nothing the second time", async () => {
  const temporal = createTemporalClient({ ...shared.config, namespace: `n-${randomUUID()}` });
  const needs = { retentionDays: 30, schedules: [NIGHTLY] };
  const made = await configureNamespace(temporal, needs, systemClock);
  expect(made).toEqual([
    `namespace ${temporal.config.namespace}`,
    "schedule nightly",
    ...SEARCH_ATTRIBUTES.map(({ name }) => `search attribute ${name}`),
  ]);
  const again = async (): Promise<string[]> => configureNamespace(temporal, needs, systemClock);
  for (let changes = await again(); changes.length > 0; changes = await again());
  const longer = await configureNamespace(temporal, { ...needs, retentionDays: 60 }, systemClock);
  expect(longer).toEqual(["retention of 60 days"]);
  expect(await createFlowSchedules(temporal, systemClock).describe("nightly")).toMatchObject({
    tenantId: null,
    flow: "suspension",
    calendar: NIGHTLY.calendar,
  });
  await temporal.close();
}, 180_000);

test("the environment that runs has been given what stands in temporal-config", async () => {
  const needs = await readNeeds(FOLDER);
  expect(needs.retentionDays).toBe(30);
  expect(await configureNamespace(shared, needs, systemClock)).toEqual([]);
});
