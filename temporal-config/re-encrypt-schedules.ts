/**
 * The last step of a key's rotation before the old one is taken away: schedules hold what they start flows with for as long as they are there.
 * With the product's own variables (.env.example):
 *
 *   node --env-file=.env temporal-config/re-encrypt-schedules.ts
 */
import { createTemporalClient } from "#adapters/temporal/client.ts";
import { reEncryptSchedules } from "#adapters/temporal/schedule-keys.ts";
import { readConfig } from "#platform/config/environment.ts";

const temporal = createTemporalClient(readConfig().temporal);
try {
  const changed = await reEncryptSchedules(temporal);
  process.stdout.write(`${changed.length} schedules encrypted with the current key\n`);
} finally {
  await temporal.close();
}
