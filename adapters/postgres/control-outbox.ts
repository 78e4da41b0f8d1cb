import { Unavailable } from "#domain/errors.ts";
import type { EventPublisher } from "#domain/events/ports.ts";
import type { ControlAnnouncements } from "#domain/tenants/tenant-store.ts";
import type { CONTROL_TOPICS } from "#pipeline/stages.ts";
import { inTransaction, type Client, type Pool } from "./pool.ts";

export interface Announcement {
  readonly topic: (typeof CONTROL_TOPICS)[number];
  readonly key: string;
  /** UTF-8 JSON, as it is published. */
  readonly value: string;
  readonly actor: string;
}

/**
 * Writes an announcement in the transaction of the change it tells of: both or neither. The caller holds the row of what changed locked, so
 * that announcements of one key have the order of its changes.
 */
export async function announce(client: Client, announcement: Announcement): Promise<void> {
  await client.query("INSERT INTO control_outbox (topic, key, value, actor) VALUES ($1, $2, $3, $4)", [
    announcement.topic,
    announcement.key,
    announcement.value,
    announcement.actor,
  ]);
}

/** One transaction's share; a configuration has some KB, so this stays within Kafka's 1 MiB requests. */
const BATCH_SIZE = 200;

/**
 * The outbox's publisher. Of many callers one publishes at a time, in every process of the platform: an older record after a
 * newer one would stay in the compacted topic as the truth.
 */
export function createControlOutbox(pool: Pool, publisher: EventPublisher): ControlAnnouncements {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const publishAll = async (): Promise<void> => {
    while ((await inTransaction(pool, (client) => publishBatch(client, publisher))) === BATCH_SIZE);
  };

  const run = (): Promise<void> => {
    running = publishAll().finally(() => {
      running = undefined;
    });
    return running;
  };

  return {
    flush() {
      if (running === undefined) return run();
      // What was written a moment ago may have been missed by the run under way: everybody who comes meanwhile shares the one after it.
      next ??= running
        .catch(() => {})
        .then(() => {
          next = undefined;
          return run();
        });
      return next;
    },
  };
}

interface PendingRow {
  readonly position: string;
  readonly topic: string;
  readonly key: string;
  readonly value: string;
}

async function publishBatch(client: Client, publisher: EventPublisher): Promise<number> {
  await client.query("SET LOCAL lock_timeout = '5s'");
  await client.query("SELECT pg_advisory_xact_lock(hashtext('catalyst.control_outbox'))");
  const { rows } = await client.query<PendingRow>(
    `SELECT position, topic, key, value FROM control_outbox WHERE published_at IS NULL ORDER BY position LIMIT ${BATCH_SIZE}`,
  );
  if (rows.length === 0) return 0;
  // Killed between the two, the batch is published again as a whole and in order: the last of each key is the newest all the same.
  await publisher.publish(rows.map(({ topic, key, value }) => ({ topic, key, value })));
  await client.query("UPDATE control_outbox SET published_at = now() WHERE position = ANY ($1::bigint[])", [
    rows.map(({ position }) => position),
  ]);
  return rows.length;
}

/**
 * Flushes after a change that is already committed: Kafka's absence delays the announcement and must not make the change look failed.
 */
export async function flushSoon(
  outbox: ControlAnnouncements,
  onDelayed: (error: Unavailable) => void,
): Promise<void> {
  try {
    await outbox.flush();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    onDelayed(error);
  }
}
