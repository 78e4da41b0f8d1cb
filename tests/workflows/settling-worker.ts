/**
 * A worker of its own process that settles on a real database, to be killed: it hangs when it is asked for the page of wallets named by its third argument.
 * Arguments: task queue, database, number of the page.
 */
import { createPool } from "#adapters/postgres/pool.ts";
import { createSettlementBooks } from "#adapters/postgres/settlement-books.ts";
import { activityProgress } from "#adapters/temporal/activity-progress.ts";
import { createSettler } from "../billing/settle-day.ts";
import { attachFlowsEnvironment } from "./flows-environment.ts";

const [taskQueue = "", databaseUrl = "", page = ""] = process.argv.slice(2);
const flows = await attachFlowsEnvironment();
const pool = createPool(databaseUrl, "settling-worker");
const books = createSettlementBooks(pool);
let pages = 0;
const cold = { held: async () => null, rebuild: () => Promise.reject(new Error("nothing is rebuilt")) };
const { activities } = createSettler(pool, cold, {
  clock: { now: () => Date.parse("2026-11-27T05:00:00Z") },
  progress: activityProgress,
  books: {
    ...books,
    wallets(...given) {
      pages += 1;
      if (pages < Number(page)) return books.wallets(...given);
      process.stdout.write("reached\n");
      return new Promise(() => {});
    },
  },
});
await flows.withWorker(activities, () => new Promise(() => {}), taskQueue);
