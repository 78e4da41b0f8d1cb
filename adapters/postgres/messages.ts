import type { Clock } from "#domain/clock.ts";
import type {
  CarrierIds,
  CarrierMatch,
  MessageReads,
  MessageScope,
  MessageView,
  TimelineStep,
} from "#domain/messages/ports.ts";
import type { MessageState } from "#domain/messages/state.ts";
import { timelineOf, type Steps } from "#domain/messages/timeline.ts";
import { textArray } from "./array-literal.ts";
import { asTenant, inTransaction, type Client, type Pool } from "./pool.ts";

/** SMSCs recycle ids after days to weeks; a receipt that comes later than this is matched to nothing. */
const CARRIER_ID_HORIZON_MS = 7 * 86_400_000;

/** Message ids come from outside: what is no UUID names no message. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const VIEW = `
  SELECT message_id AS "messageId", tenant_id AS "tenantId", channel, direction, sender AS "from", recipient AS "to", body AS text, parts,
    encoding, country, operator, reference, state, steps,
    (extract(epoch FROM accepted_at) * 1000)::float8 AS "acceptedAt", (extract(epoch FROM expires_at) * 1000)::float8 AS "expiresAt",
    (extract(epoch FROM final_at) * 1000)::float8 AS "finalAt"
  FROM messages`;

type ViewRow = Omit<MessageView, "timeline"> & { readonly steps: Steps };

function toView({ steps, ...row }: ViewRow): MessageView {
  const timeline: TimelineStep[] = timelineOf(steps, row.acceptedAt);
  return { ...row, timeline };
}

function inScope<Result>(
  pool: Pool,
  scope: MessageScope,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  return scope === "administration" ? inTransaction(pool, work) : asTenant(pool, scope.tenantId, work);
}

export function createMessageReads(pool: Pool): MessageReads {
  return {
    async get(scope, messageId) {
      if (!UUID.test(messageId)) return null;
      return inScope(pool, scope, async (client) => {
        const { rows } = await client.query<ViewRow>(
          `${VIEW} WHERE message_id = $1 AND expires_at IS NOT NULL`,
          [messageId],
        );
        return rows[0] === undefined ? null : toView(rows[0]);
      });
    },
    async list(scope, tenantId, filter, page) {
      if (page.after !== null && !UUID.test(page.after)) return { rows: [], next: null };
      const rows = await inScope(pool, scope, (client) => selectPage(client, tenantId, filter.state, page));
      const shown = rows.slice(0, page.limit).map(toView);
      return { rows: shown, next: rows.length > page.limit ? (shown.at(-1)?.messageId ?? null) : null };
    },
    async countByState(scope, tenantId, since) {
      const { rows } = await inScope(pool, scope, (client) =>
        client.query<{ state: MessageState; messages: number }>(
          `SELECT state, count(*)::float8 AS messages FROM messages
           WHERE tenant_id = $1 AND message_id >= catalyst_uuid_floor(to_timestamp($2::float8 / 1000)) GROUP BY state`,
          [tenantId, since],
        ),
      );
      return Object.fromEntries(rows.map(({ state, messages }) => [state, messages]));
    },
  };
}

async function selectPage(
  client: Client,
  tenantId: string,
  state: MessageState | null,
  page: { readonly after: string | null; readonly limit: number },
): Promise<ViewRow[]> {
  const { rows } = await client.query<ViewRow>(
    `${VIEW} WHERE tenant_id = $1 AND expires_at IS NOT NULL
       AND ($2::uuid IS NULL OR message_id < $2) AND ($3::text IS NULL OR state = $3)
     ORDER BY message_id DESC LIMIT $4`,
    [tenantId, page.after, state, page.limit + 1],
  );
  return rows;
}

const FIND_CARRIER_IDS = `
  SELECT DISTINCT ON (c.carrier_message_id)
    c.carrier_message_id AS "carrierMessageId", c.part, m.message_id AS "messageId", m.tenant_id AS "tenantId", m.wallet_id AS "walletId",
    m.channel, m.conversation, m.parts, m.country, m.operator, (extract(epoch FROM m.accepted_at) * 1000)::float8 AS "acceptedAt",
    m.sender AS "from", m.recipient AS "to", m.origin, m.holds, m.reference
  FROM carrier_messages c JOIN messages m ON m.message_id = c.message_id AND m.expires_at IS NOT NULL
  WHERE c.connector = $1 AND c.carrier_message_id = ANY ($2::text[]) AND c.sent_at >= to_timestamp($3::float8 / 1000)
  ORDER BY c.carrier_message_id, c.sent_at DESC`;

export function createCarrierIds(pool: Pool, clock: Clock): CarrierIds {
  return {
    find(connector, carrierMessageIds) {
      if (carrierMessageIds.length === 0) return Promise.resolve([]);
      const values = [connector, textArray(carrierMessageIds), clock.now() - CARRIER_ID_HORIZON_MS];
      return inTransaction(pool, async (client) => {
        await client.query(
          "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)",
        );
        return (await client.query<CarrierMatch>(FIND_CARRIER_IDS, values)).rows;
      });
    },
  };
}
