import { expect, test } from "@jest/globals";
import { Worker } from "@temporalio/worker";
import { readFile } from "node:fs/promises";
import { createDataConverter } from "#adapters/temporal/data-converter.ts";
import { createPayloadCodec } from "#adapters/temporal/payload-codec.ts";
import { bundleFlows, FLOWS_PATH, installTemporalRuntime } from "#adapters/temporal/worker.ts";
import { derivePayloadKey } from "#platform/payload-keys.ts";
import { readHistories, type RecordedHistory } from "./recorded-histories.ts";

const workflowTypeOf = ({ history }: RecordedHistory): string | null | undefined =>
  history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name;

test("every workflow has a history, and each replays to the same commands", async () => {
  installTemporalRuntime();
  const recorded = await readHistories();
  const source = await readFile(FLOWS_PATH, "utf8");
  const workflows = [...source.matchAll(/export \{ (\w+) \}/g)].map(([, name]) => name);
  expect(workflows.length).toBeGreaterThan(0);
  expect(new Set(recorded.map(workflowTypeOf))).toEqual(new Set(workflows));
  const replayed: [string, string | undefined][] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(
    {
      workflowBundle: await bundleFlows(),
      dataConverter: createDataConverter(
        createPayloadCodec([derivePayloadKey("histories are recorded in clear")]),
      ),
    },
    recorded,
  )) {
    replayed.push([workflowId, error?.message]);
  }
  expect(replayed.sort()).toEqual(recorded.map(({ workflowId }) => [workflowId, undefined]));
});
