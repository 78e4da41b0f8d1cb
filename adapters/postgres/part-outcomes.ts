import type { PartOutcome, PartOutcomes, SettledMessage } from "#domain/sms/ports.ts";
import { onPostgres, type Pool } from "./pool.ts";

interface OutcomeRow {
  readonly message_id: string;
  readonly part: number;
  readonly parts: number;
  readonly state: PartOutcome["state"];
  readonly at: Date;
}

const STORE = `
  INSERT INTO part_outcomes (message_id, part, parts, state, at)
  SELECT message_id, part, parts, state, to_timestamp(at / 1000.0)
  FROM unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::float8[]) AS outcome (message_id, part, parts, state, at)
  ORDER BY message_id, part
  ON CONFLICT DO NOTHING`;

const COMPLETE = `
  SELECT message_id, part, parts, state, at FROM part_outcomes WHERE message_id = ANY ($1)`;

/** Outcomes of parts, so that a message of several parts owes its ESME one receipt. */
export function createPartOutcomes(pool: Pool): PartOutcomes {
  return {
    settle: (outcomes) =>
      onPostgres(async () => {
        await pool.query(STORE, [
          outcomes.map(({ messageId }) => messageId),
          outcomes.map(({ part }) => part),
          outcomes.map(({ parts }) => parts),
          outcomes.map(({ state }) => state),
          outcomes.map(({ at }) => at),
        ]);
        const messageIds = [...new Set(outcomes.map(({ messageId }) => messageId))];
        const { rows } = await pool.query<OutcomeRow>(COMPLETE, [messageIds]);
        return settled(rows);
      }),
    discardOlderThan: (before) =>
      onPostgres(async () => {
        const { rowCount } = await pool.query(
          "DELETE FROM part_outcomes WHERE at < to_timestamp($1 / 1000.0)",
          [before],
        );
        return rowCount ?? 0;
      }),
  };
}

function settled(rows: readonly OutcomeRow[]): SettledMessage[] {
  const byMessage = Map.groupBy(rows, ({ message_id }) => message_id);
  const complete: SettledMessage[] = [];
  for (const [messageId, parts] of byMessage) {
    if (parts.length < parts[0]!.parts) continue;
    const shared = parts.every(({ state }) => state === parts[0]!.state);
    complete.push({
      messageId,
      state: shared ? parts[0]!.state : "failed",
      at: Math.max(...parts.map(({ at }) => at.getTime())),
    });
  }
  return complete;
}
