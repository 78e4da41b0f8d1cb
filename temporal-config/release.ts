/**
 * Releases of the flows' workers, where several run side by side (FLOWS_RELEASES=several). With the product's own variables:
 *
 *   node --env-file=.env temporal-config/release.ts                    which there are, and which is current
 *   node --env-file=.env temporal-config/release.ts current BUILD_ID   new runs go to this one
 */
import { createTemporalClient } from "#adapters/temporal/client.ts";
import { FLOWS_DEPLOYMENT, listReleases, makeCurrent } from "#adapters/temporal/worker-versions.ts";
import { readConfig } from "#platform/config/environment.ts";

const [verb, buildId] = process.argv.slice(2);
const temporal = createTemporalClient(readConfig().temporal);
try {
  if (verb === "current" && buildId !== undefined)
    await makeCurrent(temporal, { deploymentName: FLOWS_DEPLOYMENT, buildId }, []);
  const releases = await listReleases(temporal);
  if (releases.length === 0) process.stdout.write("none has polled yet\n");
  for (const { buildId, status } of releases) process.stdout.write(`${buildId}  ${status}\n`);
} finally {
  await temporal.close();
}
