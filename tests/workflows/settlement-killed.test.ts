import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createSettlementBooks } from "#adapters/postgres/settlement-books.ts";
import { createSettlements } from "#adapters/postgres/settlements.ts";
import { activityProgress } from "#adapters/temporal/activity-progress.ts";
import type { SettlementReport } from "#domain/settlement/report.ts";
import { SETTLEMENT, settlementWorkflowId } from "#workflows/settlement/api.ts";
import { testAllVariable } from "../../scripts/test-environment.ts";
import { startBooks, type TestBooks } from "../billing/books.ts";
import { fillManyWallets } from "../../bench/many-wallets.ts";
import { createSettler } from "../billing/settle-day.ts";
import { attachFlowsEnvironment, type FlowsEnvironment } from "./flows-environment.ts";

const DAY = "2026-11-26";
const WALLETS = process.env[testAllVariable] === "1" ? 100_000 : 3_000;

let flows: FlowsEnvironment;
let books: TestBooks;
beforeAll(async () => {
  flows = await attachFlowsEnvironment();
  books = await startBooks();
  await fillManyWallets(books.pool, DAY, WALLETS, 2);
}, 300_000);
afterAll(async () => {
  await flows.close();
  await books.stop();
});

test("killed with -9 among its wallets, a settlement goes on at its last heartbeat: none left out, none twice", async () => {
  const taskQueue = `test-${randomUUID()}`;
  const script = fileURLToPath(new URL("./settling-worker.ts", import.meta.url));
  const worker = spawn(process.execPath, [script, taskQueue, books.postgres.url, "4"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const flow = await flows.temporal.client.workflow.start(SETTLEMENT, {
    workflowId: settlementWorkflowId(DAY),
    taskQueue,
    args: [{ day: DAY, actor: "Kim" }],
  });
  await once(worker.stdout, "data");
  worker.kill("SIGKILL");
  await once(worker, "exit");

  const cursors: (string | null)[] = [];
  const real = createSettlementBooks(books.pool);
  const cold = { held: async () => null, rebuild: () => Promise.reject(new Error("nothing is rebuilt")) };
  const { activities } = createSettler(books.pool, cold, {
    clock: { now: () => Date.parse("2026-11-27T05:00:00Z") },
    progress: activityProgress,
    books: {
      ...real,
      wallets(day, after, limit) {
        cursors.push(after);
        return real.wallets(day, after, limit);
      },
    },
  });
  const output = await flows.withWorker(activities, () => flow.result(), taskQueue);
  expect(output).toMatchObject({ result: "settled", wallets: WALLETS, differences: 0 });
  expect(cursors[0]).not.toBeNull();
  const { rows } = await books.pool.query<Record<string, string>>(
    "SELECT count(*), count(DISTINCT wallet_id) AS wallets, sum(entries) AS entries FROM settlement_wallets",
  );
  expect(rows).toEqual([{ count: String(WALLETS), wallets: String(WALLETS), entries: String(3 * WALLETS) }]);
  const report = await createSettlements(books.pool).report(DAY);
  const { currencies } = JSON.parse(report?.body ?? "{}") as SettlementReport;
  const third = Math.floor(WALLETS / 3);
  expect(currencies["EUR"]).toMatchObject({ wallets: third, moved: third, entries: 3 * third });
  expect(currencies["USD"]).toMatchObject({ wallets: WALLETS - third, moved: WALLETS - third });
}, 240_000);
