/**
 * A worker of its own process, to be killed: it closes the period, and hangs between the commit and the completion of the activity. Arguments:
 * task queue, database URL, tenant as JSON.
 */
import { createPool } from "#adapters/postgres/pool.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { attachFlowsEnvironment } from "../workflows/flows-environment.ts";
import { realActivities } from "./flow-world.ts";

const [taskQueue = "", databaseUrl = "", tenant = "{}"] = process.argv.slice(2);
const flows = await attachFlowsEnvironment();
const activities = realActivities(
  createPool(databaseUrl, "killed-worker"),
  JSON.parse(tenant) as TenantConfiguration,
);
const closePeriod: typeof activities.closePeriod = async (step) => {
  await activities.closePeriod(step);
  process.stdout.write("closed\n");
  return new Promise(() => {});
};
await flows.withWorker({ ...activities, closePeriod }, () => new Promise(() => {}), taskQueue);
