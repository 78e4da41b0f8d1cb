/**
 * Gives a Temporal namespace what the flows need: retention, search attributes, the platform's schedules. Repeating it changes nothing.
 * `./catalyst up` does the same. In production, before each release, with the product's own variables (.env.example):
 *
 *   node --env-file=.env temporal-config/apply.ts
 */
import { createTemporalClient } from "#adapters/temporal/client.ts";
import { configureNamespace, readNeeds } from "#adapters/temporal/configure.ts";
import { systemClock } from "#domain/clock.ts";
import { readConfig } from "#platform/config/environment.ts";

const temporal = createTemporalClient(readConfig().temporal);
try {
  const needs = await readNeeds(new URL("./", import.meta.url));
  const changes = await configureNamespace(temporal, needs, systemClock);
  process.stdout.write(`${changes.length === 0 ? "nothing to do" : `made ${changes.join(", ")}`}\n`);
} finally {
  await temporal.close();
}
