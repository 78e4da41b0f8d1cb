import { plainArray, textArray } from "#adapters/postgres/array-literal.ts";
import { inTransaction, type Client } from "#adapters/postgres/pool.ts";
import { CEILING_SCHEMA, CEILING_TOPICS, type CeilingPlan, type SampleRow } from "./plan.ts";
import { runRaw } from "./raw-process.ts";
import { messageIdIn } from "./records.ts";
import { insertRows } from "./rows.ts";

interface Seen {
  submitted: boolean;
  moved: boolean;
  sent: boolean;
  delivered: boolean;
}

/** One transaction a batch: a row for each message that is new, one update for each that moved, and the carrier's ids. */
await runRaw("timeline", ({ plan, pool, consume }) => {
  const { submitted, cleared, status } = CEILING_TOPICS;
  return consume("timeline", [submitted, cleared, status], async (records) => {
    const seen = new Map<string, Seen>();
    for (const record of records) {
      const id = messageIdIn(record);
      let one = seen.get(id);
      if (one === undefined)
        seen.set(id, (one = { submitted: false, moved: false, sent: false, delivered: false }));
      if (record.topic === submitted) one.submitted = true;
      else one.moved = true;
      if (record.topic !== status) continue;
      if ((record.value as Buffer).includes('"state":"sent"')) one.sent = true;
      else one.delivered = true;
    }
    const ids = [...seen.keys()].sort();
    await inTransaction(pool, async (client) => {
      // As the product does: a table without statistics would be scanned whole.
      await client.query(
        "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)",
      );
      const isFinal = (id: string): boolean => seen.get(id)!.delivered;
      const added = ids.filter((id) => seen.get(id)!.submitted);
      await insert(client, plan, added, isFinal);
      const moved = ids.filter((id) => !seen.get(id)!.submitted && seen.get(id)!.moved);
      const known = await update(client, plan.tables.messages, moved, isFinal);
      // Topics are read side by side: a status may be there before its message.
      const early = moved.filter((id) => !known.has(id));
      await insert(client, plan, early, isFinal);
      await insertCarrierIds(
        client,
        plan,
        ids.filter((id) => seen.get(id)!.sent),
      );
    });
  });
});

async function insert(
  client: Client,
  plan: CeilingPlan,
  ids: readonly string[],
  isFinal: (id: string) => boolean,
): Promise<void> {
  if (ids.length === 0) return;
  await client.query(
    insertRows("messages", plan.tables.messages, ids.length, {
      message_id: ids,
      // An open message stands in two partial indexes until it is final.
      final_at: ids.map((id) => (isFinal(id) ? finalAtOf(plan.tables.messages) : "NULL")),
    }),
  );
}

async function update(
  client: Client,
  sample: SampleRow,
  ids: readonly string[],
  isFinal: (id: string) => boolean,
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const repeated = (name: string): string => {
    const value = sample.columns.find((column) => column.name === name)?.value ?? null;
    const one = textArray([value]).slice(1, -1);
    return `{${ids.map(() => one).join(",")}}`;
  };
  const finalAt = finalAtOf(sample);
  const { rows } = await client.query<{ message_id: string }>({
    name: "update-messages",
    text: `UPDATE ${CEILING_SCHEMA}.messages m
           SET (steps, state, final_at, hold_open) = ROW (c.steps, c.state, coalesce(m.final_at, c.final_at), c.hold_open), revision = m.revision + 1
           FROM unnest($1::uuid[], $2::jsonb[], $3::text[], $4::timestamptz[], $5::numeric[]) AS c (message_id, steps, state, final_at, hold_open)
           WHERE m.message_id = c.message_id RETURNING m.message_id`,
    values: [
      plainArray(ids),
      repeated("steps"),
      repeated("state"),
      plainArray(ids.map((id) => (isFinal(id) ? finalAt : "NULL"))),
      repeated("hold_open"),
    ],
  });
  return new Set(rows.map((row) => row.message_id));
}

function finalAtOf(sample: SampleRow): string {
  return sample.columns.find(({ name }) => name === "final_at")?.value?.replace(" ", "T") ?? "NULL";
}

async function insertCarrierIds(client: Client, plan: CeilingPlan, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await client.query(
    insertRows("carrier_messages", plan.tables.carrier_messages, ids.length, {
      message_id: ids,
      carrier_message_id: ids.map((id) => id.slice(19).replaceAll("-", "")),
    }),
  );
}
