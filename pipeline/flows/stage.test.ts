import { expect, test } from "@jest/globals";
import { Unavailable } from "#domain/errors.ts";
import type { StageRecord } from "#domain/events/ports.ts";
import type { WorkflowTrigger } from "#domain/events/workflow-trigger.ts";
import { createFlowsHandler } from "./stage.ts";

const record = (walletId: string, sequence: number): StageRecord<WorkflowTrigger> => ({
  topic: "workflow.triggers",
  partition: 0,
  offset: BigInt(sequence),
  key: walletId,
  event: {
    v: 1,
    type: "wallet.threshold",
    id: `wallet:${walletId}:low:${sequence}`,
    tenantId: "T",
    walletId,
    threshold: "low",
    balance: "1",
    currency: "USD",
    at: 0,
  },
});

test("every trigger is delivered, those of one wallet one after the other and in order", async () => {
  const delivered = new Map<string, string[]>();
  const busy = new Set<string>();
  const records = Array.from({ length: 100 }, (_, index) => record(`w${index % 30}`, index));
  await createFlowsHandler({
    async deliver({ walletId, id }) {
      expect(busy.has(walletId)).toBe(false);
      busy.add(walletId);
      await new Promise((resolve) => setImmediate(resolve));
      delivered.set(walletId, [...(delivered.get(walletId) ?? []), id]);
      busy.delete(walletId);
    },
  })(records);
  const expected = Map.groupBy(records, ({ key }) => key);
  for (const [key, of] of expected) expect(delivered.get(key)).toEqual(of.map(({ event }) => event.id));
});

test("a batch that Temporal has not taken whole is not done", async () => {
  const handler = createFlowsHandler({
    deliver: ({ walletId }) =>
      walletId === "w2" ? Promise.reject(new Unavailable("temporal")) : Promise.resolve(),
  });
  await expect(handler([record("w1", 1), record("w2", 2)])).rejects.toBeInstanceOf(Unavailable);
});
