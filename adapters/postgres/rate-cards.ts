import { rateCardVersion } from "#domain/rating/rate-card-version.ts";
import { announce } from "./control-outbox.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

/** A version of a card to be stored; times in epoch ms. */
export interface NewRateCard {
  readonly rateCardId: string;
  /** The card's JSON text as it was posted. */
  readonly source: string;
  readonly name: string;
  readonly currency: string;
  /** From when the card's first version holds. */
  readonly effectiveFrom: number;
  readonly storedAt: number;
  readonly actor: string;
}

export interface StoredRateCard {
  readonly v: 1;
  readonly rateCardId: string;
  readonly version: number;
  readonly validFrom: number;
  readonly storedAt: number;
  readonly source: string;
  readonly name: string;
  readonly currency: string;
  readonly actor: string;
}

/** Processes hear of a version within this time or pause: so an event has one price wherever it is rated. */
const ANNOUNCED_AHEAD_MS = 2_000;

interface Row {
  readonly rate_card_id: string;
  readonly version: number;
  readonly name: string;
  readonly currency: string;
  readonly valid_from: Date;
  readonly stored_at: Date;
  readonly source: string;
  readonly actor: string;
}

function stored(row: Row): StoredRateCard {
  return {
    v: 1,
    rateCardId: row.rate_card_id,
    version: row.version,
    validFrom: row.valid_from.getTime(),
    storedAt: row.stored_at.getTime(),
    source: row.source,
    name: row.name,
    currency: row.currency,
    actor: row.actor,
  };
}

/** Rate cards as append-only versions, each announced on control.rate-cards by the outbox. */
export function createRateCardStore(pool: Pool) {
  return {
    append: (card: NewRateCard) => inTransaction(pool, (client) => append(client, card)),
    list: (page: { readonly after: string | null; readonly limit: number }) =>
      onPostgres(async () => {
        const { rows } = await pool.query<Row>(
          `SELECT DISTINCT ON (rate_card_id) * FROM rate_card_versions
           WHERE $1::text IS NULL OR rate_card_id > $1 ORDER BY rate_card_id, version DESC LIMIT $2`,
          [page.after, page.limit + 1],
        );
        const shown = rows.slice(0, page.limit).map(stored);
        return { rows: shown, next: rows.length > page.limit ? (shown.at(-1)?.rateCardId ?? null) : null };
      }),
    versions: (rateCardId: string) =>
      onPostgres(async () => {
        const { rows } = await pool.query<Row>(
          "SELECT * FROM rate_card_versions WHERE rate_card_id = $1 ORDER BY version DESC LIMIT 1000",
          [rateCardId],
        );
        return rows.map(stored);
      }),
  };
}

async function append(
  client: Client,
  card: NewRateCard,
): Promise<{ readonly card: StoredRateCard; readonly created: boolean }> {
  // One writer per card: versions count up without a gap, and their announcements keep that order.
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('catalyst.rate_card:' || $1, 0))", [
    card.rateCardId,
  ]);
  const { rows } = await client.query<Row>(
    "SELECT * FROM rate_card_versions WHERE rate_card_id = $1 ORDER BY version DESC LIMIT 1",
    [card.rateCardId],
  );
  const latest = rows[0];
  if (latest !== undefined && latest.source === card.source) return { card: stored(latest), created: false };
  const version: StoredRateCard = {
    v: 1,
    rateCardId: card.rateCardId,
    version: (latest?.version ?? 0) + 1,
    validFrom:
      latest === undefined
        ? card.effectiveFrom
        : Math.max(card.effectiveFrom, card.storedAt + ANNOUNCED_AHEAD_MS),
    storedAt: card.storedAt,
    source: card.source,
    name: card.name,
    currency: card.currency,
    actor: card.actor,
  };
  await client.query(
    `INSERT INTO rate_card_versions (rate_card_id, version, name, currency, valid_from, stored_at, source, actor)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), to_timestamp($6::float8 / 1000), $7, $8)`,
    [
      version.rateCardId,
      version.version,
      version.name,
      version.currency,
      version.validFrom,
      version.storedAt,
      version.source,
      version.actor,
    ],
  );
  await announce(client, {
    topic: "control.rate-cards",
    key: `${version.rateCardId}:${version.version}`,
    value: JSON.stringify(rateCardVersion.parse(version)),
    actor: version.actor,
  });
  return { card: version, created: true };
}
