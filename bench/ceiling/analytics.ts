import { inTransaction } from "#adapters/postgres/pool.ts";
import { CEILING_SCHEMA, CEILING_TOPICS } from "./plan.ts";
import { runRaw } from "./raw-process.ts";
import { messageIdIn } from "./records.ts";
import { insertRows } from "./rows.ts";

/** One transaction a batch: a row for each outcome, one count, and where the batch ends. */
await runRaw("analytics", ({ plan, pool, consume }) =>
  consume("analytics", [CEILING_TOPICS.status, CEILING_TOPICS.verdict], async (records) => {
    const ids = records
      .filter(({ value }) => (value as Buffer).includes('"state":"delivered"'))
      .map(messageIdIn)
      .sort();
    const partitions = [...new Set(records.map(({ topic, partition }) => `${topic}:${partition}`))].sort();
    await inTransaction(pool, async (client) => {
      if (ids.length > 0) {
        await client.query(
          insertRows("usage_counted", plan.tables.usage_counted, ids.length, { message_id: ids }),
        );
        await client.query(
          `INSERT INTO ${CEILING_SCHEMA}.usage_hourly AS u VALUES ('ceiling', 'sms', 'delivered', 'US', date_trunc('hour', now()), $1, $1)
           ON CONFLICT (tenant_id, hour, channel, outcome, country)
           DO UPDATE SET messages = u.messages + EXCLUDED.messages, parts = u.parts + EXCLUDED.parts`,
          [ids.length],
        );
      }
      await client.query(
        `INSERT INTO ${CEILING_SCHEMA}.analytics_offsets SELECT name, 0, 1 FROM unnest($1::text[]) AS p (name)
         ON CONFLICT (topic, partition) DO UPDATE SET next_offset = EXCLUDED.next_offset`,
        [partitions],
      );
    });
  }),
);
