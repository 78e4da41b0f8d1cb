import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import type pg from "pg";
import {
  CEILING_RECORDS,
  CEILING_TABLES,
  type CeilingPlan,
  type CeilingRecord,
  type CeilingTable,
  type SampleRecord,
  type SampleRow,
} from "./ceiling/plan.ts";

const SEARCH_MS_MAX = 20_000;

/** Which record of the product's topics is which sample. */
const KIND_OF: Readonly<Record<string, (event: Event) => CeilingRecord | null>> = {
  "messaging.sms.submitted": () => "submitted",
  "messaging.sms.cleared": () => "cleared",
  "firewall.events": () => "verdict",
  "messaging.sms.status": ({ state }) => (state === "sent" || state === "delivered" ? state : null),
  "billing.events": ({ kind }) => (kind === "usage" ? "billing" : null),
};

interface Event {
  readonly messageId: string;
  readonly state?: string;
  readonly kind?: string;
}

/** One record of each kind, as the product's own run published them. */
export async function sampleRecords(broker: string): Promise<CeilingPlan["records"]> {
  const kafka = new Kafka({ brokers: [broker], clientId: "bench", logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `bench.samples.${randomUUID()}`, maxBytes: 262_144 });
  const found = new Map<CeilingRecord, SampleRecord>();
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: Object.keys(KIND_OF), fromBeginning: true });
    await new Promise<void>((done, failed) => {
      const timer = setTimeout(
        () => failed(new Error("the topics hold no sample of each record")),
        SEARCH_MS_MAX,
      );
      void consumer.run({
        autoCommit: false,
        eachMessage: ({ topic, message }) => {
          if (message.value === null || found.size === CEILING_RECORDS.length) return Promise.resolve();
          const value = message.value.toString();
          const event = JSON.parse(value) as Event;
          const kind = KIND_OF[topic]?.(event) ?? null;
          if (kind !== null) {
            found.set(kind, { key: message.key?.toString() ?? "", value, messageId: event.messageId });
          }
          if (found.size === CEILING_RECORDS.length) {
            clearTimeout(timer);
            done();
          }
          return Promise.resolve();
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
  return Object.fromEntries(found) as CeilingPlan["records"];
}

const ROW_FILTERS: Readonly<Record<CeilingTable, string>> = {
  ledger_entries: "event_type = 'sms.delivered'",
  messages: "state = 'delivered'",
  carrier_messages: "true",
  usage_counted: "true",
};

/** One row of each table that the path writes, in PostgreSQL's own text. */
export async function sampleRows(client: pg.Client): Promise<CeilingPlan["tables"]> {
  const rows: Partial<Record<CeilingTable, SampleRow>> = {};
  for (const table of CEILING_TABLES) rows[table] = await sampleRow(client, table);
  return rows as CeilingPlan["tables"];
}

export async function sampleRow(client: pg.Client, table: CeilingTable): Promise<SampleRow> {
  const columns = await client.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table],
  );
  const list = columns.rows.map(({ name }) => `${name}::text`).join(", ");
  const { rows } = await client.query<Record<string, string | null>>(
    `SELECT ${list} FROM ${table} WHERE ${ROW_FILTERS[table]} LIMIT 1`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`${table} holds no sample row`);
  return {
    columns: columns.rows.map(({ name, type }) => ({ name, type, value: row[name] ?? null })),
    messageId: row["message_id"] ?? "",
  };
}
