import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Connection } from "@temporalio/client";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SEARCH_ATTRIBUTES } from "#domain/flows/search-attributes.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";
import { applySearchAttributes } from "../../temporal-config/apply.ts";

let connection: Connection;
beforeAll(async () => {
  const { variables } = await attachTestEnvironment();
  connection = await Connection.connect({ address: variables["TEMPORAL_ADDRESS"] ?? "" });
});
afterAll(() => connection.close());

test("a new namespace is given what is missing, and nothing the second time", async () => {
  const namespace = `n-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  let added: string[] | undefined;
  // A namespace is known to every part of the server some seconds after its registration.
  for (const deadline = Date.now() + 20_000; added === undefined && Date.now() < deadline; await sleep(200)) {
    added = await applySearchAttributes(connection, namespace).catch(() => undefined);
  }
  expect(added).toEqual(SEARCH_ATTRIBUTES.map(({ name }) => name));
  let again = added;
  for (const deadline = Date.now() + 20_000; again?.length !== 0 && Date.now() < deadline; await sleep(200)) {
    again = await applySearchAttributes(connection, namespace);
  }
  expect(again).toEqual([]);
}, 45_000);

test("the development server knows them from its start", async () => {
  await expect(applySearchAttributes(connection, "default")).resolves.toEqual([]);
});
