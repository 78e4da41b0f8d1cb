import { Poison, Unavailable } from "#domain/errors.ts";
import { deriveState, mergeSteps, type MessageChange, type Steps } from "#domain/messages/timeline.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { DueMessage, DueMessages, TimelineStore } from "#domain/messages/ports.ts";
import { formatMoney, parseMoney, ZERO } from "#domain/money/money.ts";
import { jsonText, plainArray, textArray } from "./array-literal.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

/** Rounds of reading again what another writer changed in between. Two writers of one message are a rebalance's rarity. */
const ROUNDS_MAX = 8;
/** A concatenated SMS counts its parts in one octet (3GPP 23.040, 9.2.3.24.1). */
const PARTS_MAX = 255;
/** Days of partitions kept ready: a worker that cannot maintain them for a week still has them. */
const PARTITION_DAYS_AHEAD = 7;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface StoredTimeline {
  readonly revision: number;
  readonly steps: Steps;
  readonly parts: number;
  readonly holds: MessageSubmitted["holds"] | null;
}

interface Advance {
  readonly change: MessageChange;
  readonly stored: StoredTimeline;
  readonly steps: Steps;
}

export interface TimelineStoreOptions {
  /** How long after its validity period a message's receipt may still come. */
  readonly receiptWindowMs: number;
}

export function createTimelineStore(pool: Pool, options: TimelineStoreOptions): TimelineStore & DueMessages {
  return {
    async apply(changes) {
      if (changes.length === 0) return;
      const ordered = inIdOrder(changes);
      await poisonOnBadData(() =>
        inTransaction(pool, async (client) => {
          await planForKeys(client);
          await applyMessages(client, ordered, options.receiptWindowMs);
          await insertCarrierParts(client, ordered);
        }),
      );
    },
    async ensurePartitions(now) {
      await onPostgres(() =>
        pool.query("SELECT catalyst_ensure_message_partitions(to_timestamp($1::float8 / 1000), $2)", [
          now,
          PARTITION_DAYS_AHEAD,
        ]),
      );
    },
    due: (now, after, limit) => selectDue(pool, now, after, limit),
  };
}

/** Every writer takes rows in one order, so that two of them wait for each other rather than deadlock. */
function inIdOrder(changes: readonly MessageChange[]): MessageChange[] {
  for (const { identity } of changes) {
    if (!UUID.test(identity.messageId)) throw new Poison("the message id is not a UUID in lower case");
    if (identity.parts > PARTS_MAX) throw new Poison(`a message of more than ${PARTS_MAX} parts`);
  }
  return [...changes].sort((left, right) => (left.identity.messageId < right.identity.messageId ? -1 : 1));
}

/** A batch of keys on a table without statistics would be planned as a scan of all of it. */
async function planForKeys(client: Client): Promise<void> {
  await client.query(
    "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)",
  );
}

async function applyMessages(
  client: Client,
  changes: readonly MessageChange[],
  receiptWindowMs: number,
): Promise<void> {
  const submitted = changes.filter(({ submission }) => submission !== null);
  const inserted = await insertMessages(client, submitted, receiptWindowMs);
  let pending = changes.filter(({ identity }) => !inserted.has(identity.messageId));
  for (let round = 0; pending.length > 0; round += 1) {
    if (round === ROUNDS_MAX)
      throw new Unavailable("postgres", { message: "other writers kept changing the same messages" });
    const done = await applyRound(client, pending, receiptWindowMs);
    pending = pending.filter(({ identity }) => !done.has(identity.messageId));
  }
}

async function applyRound(
  client: Client,
  pending: readonly MessageChange[],
  receiptWindowMs: number,
): Promise<Set<string>> {
  const rows = await loadTimelines(client, pending);
  const done = new Set<string>();
  const missing: MessageChange[] = [];
  const advances: Advance[] = [];
  const fills: Advance[] = [];
  for (const change of pending) {
    const stored = rows.get(change.identity.messageId);
    if (stored === undefined) {
      missing.push(change);
      continue;
    }
    const steps = mergeSteps(stored.steps, change.steps);
    if (stored.holds === null && change.submission !== null) fills.push({ change, stored, steps });
    else if (steps !== stored.steps) advances.push({ change, stored, steps });
    else done.add(change.identity.messageId);
  }
  for (const id of await advanceMessages(client, advances)) done.add(id);
  for (const id of await fillMessages(client, fills, receiptWindowMs)) done.add(id);
  for (const id of await insertMessages(client, missing, receiptWindowMs)) done.add(id);
  return done;
}

async function loadTimelines(
  client: Client,
  changes: readonly MessageChange[],
): Promise<Map<string, StoredTimeline>> {
  const { rows } = await client.query<StoredTimeline & { message_id: string }>(
    "SELECT message_id, revision, steps, parts, holds FROM messages WHERE message_id = ANY ($1::uuid[])",
    [plainArray(changes.map(({ identity }) => identity.messageId))],
  );
  return new Map(rows.map((row) => [row.message_id, row]));
}

/** The arrays of the columns that come with a submission, in the order of SUBMISSION. */
function submissionValues(
  submissions: readonly (MessageSubmitted | null)[],
  receiptWindowMs: number,
): string[] {
  return [
    plainArray(submissions.map((message) => message?.direction ?? null)),
    textArray(submissions.map((message) => message?.from)),
    textArray(submissions.map((message) => message?.to)),
    textArray(submissions.map((message) => message?.text)),
    plainArray(submissions.map((message) => message?.encoding ?? null)),
    textArray(submissions.map((message) => message?.country)),
    textArray(submissions.map((message) => message?.operator)),
    plainArray(submissions.map((message) => message?.expiresAt ?? null)),
    plainArray(
      submissions.map((message) =>
        message?.direction === "outbound" ? message.expiresAt + receiptWindowMs : null,
      ),
    ),
    textArray(submissions.map((message) => (message === null ? null : jsonText(message.origin)))),
    textArray(submissions.map((message) => (message === null ? null : jsonText(message.holds)))),
    textArray(submissions.map((message) => message?.reference)),
  ];
}

/** A column and the type of the array that brings it; `time` comes as epoch ms. */
type Columns = readonly (readonly [
  name: string,
  type: "uuid" | "text" | "int" | "jsonb" | "numeric" | "time",
])[];

const IDENTITY: Columns = [
  ["message_id", "uuid"],
  ["tenant_id", "text"],
  ["wallet_id", "text"],
  ["channel", "text"],
  ["conversation", "text"],
  ["accepted_at", "time"],
  ["parts", "int"],
];

const SUBMISSION: Columns = [
  ["direction", "text"],
  ["sender", "text"],
  ["recipient", "text"],
  ["body", "text"],
  ["encoding", "text"],
  ["country", "text"],
  ["operator", "text"],
  ["expires_at", "time"],
  ["receipt_due_at", "time"],
  ["origin", "jsonb"],
  ["holds", "jsonb"],
  ["reference", "text"],
];

const DERIVED: Columns = [
  ["steps", "jsonb"],
  ["state", "text"],
  ["final_at", "time"],
  ["hold_open", "numeric"],
];

const REVISION: Columns = [
  ["message_id", "uuid"],
  ["revision", "int"],
];

const names = (columns: Columns): string => columns.map(([name]) => name).join(", ");
const values = (columns: Columns): string =>
  columns
    .map(([name, type]) => (type === "time" ? `to_timestamp(c.${name} / 1000)` : `c.${name}`))
    .join(", ");
const rowsOf = (columns: Columns): string => {
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type === "time" ? "float8" : type}[]`);
  return `unnest(${arrays.join(", ")}) AS c (${names(columns)})`;
};

function derivedValues(
  rows: readonly {
    readonly steps: Steps;
    readonly parts: number;
    readonly holds: MessageSubmitted["holds"] | null;
  }[],
): string[] {
  const derived = rows.map(({ steps, parts, holds }) => deriveState(steps, parts, holds));
  return [
    textArray(rows.map(({ steps }) => jsonText(steps))),
    plainArray(derived.map(({ state }) => state)),
    plainArray(derived.map(({ finalAt }) => finalAt)),
    plainArray(derived.map(({ holdOpen }) => formatMoney(holdOpen))),
  ];
}

const ALL: Columns = [...IDENTITY, ...SUBMISSION, ...DERIVED];

const INSERT = `
  INSERT INTO messages (${names(ALL)})
  SELECT ${values(ALL)} FROM ${rowsOf(ALL)}
  ON CONFLICT DO NOTHING
  RETURNING message_id`;

/** Returns the ids that were new. */
async function insertMessages(
  client: Client,
  changes: readonly MessageChange[],
  receiptWindowMs: number,
): Promise<Set<string>> {
  if (changes.length === 0) return new Set();
  const identities = changes.map(({ identity }) => identity);
  const { rows } = await client.query<{ message_id: string }>(INSERT, [
    plainArray(identities.map(({ messageId }) => messageId)),
    textArray(identities.map(({ tenantId }) => tenantId)),
    textArray(identities.map(({ walletId }) => walletId)),
    plainArray(identities.map(({ channel }) => channel)),
    textArray(identities.map(({ conversation }) => conversation)),
    plainArray(identities.map(({ acceptedAt }) => acceptedAt)),
    plainArray(identities.map(({ parts }) => parts)),
    ...submissionValues(
      changes.map(({ submission }) => submission),
      receiptWindowMs,
    ),
    ...derivedValues(
      changes.map(({ identity, submission, steps }) => ({
        steps,
        parts: identity.parts,
        holds: submission?.holds ?? null,
      })),
    ),
  ]);
  return new Set(rows.map((row) => row.message_id));
}

const ADVANCE = `
  UPDATE messages m
  SET (${names(DERIVED)}) = ROW (${values(DERIVED)}), revision = m.revision + 1
  FROM ${rowsOf([...REVISION, ...DERIVED])}
  WHERE m.message_id = c.message_id AND m.revision = c.revision AND m.message_id BETWEEN $7 AND $8
  RETURNING m.message_id`;

/** Returns the ids of the rows that nobody else had changed meanwhile. */
async function advanceMessages(client: Client, advances: readonly Advance[]): Promise<string[]> {
  if (advances.length === 0) return [];
  const ids = advances.map(({ change }) => change.identity.messageId);
  const { rows } = await client.query<{ message_id: string }>(ADVANCE, [
    plainArray(ids),
    plainArray(advances.map(({ stored }) => stored.revision)),
    ...derivedValues(advances.map(({ stored, steps }) => ({ ...stored, steps }))),
    ids[0],
    ids.at(-1),
  ]);
  return rows.map((row) => row.message_id);
}

const FILL = `
  UPDATE messages m
  SET (${names(SUBMISSION)}, ${names(DERIVED)}) = ROW (${values(SUBMISSION)}, ${values(DERIVED)}), revision = m.revision + 1
  FROM ${rowsOf([...REVISION, ...SUBMISSION, ...DERIVED])}
  WHERE m.message_id = c.message_id AND m.revision = c.revision
  RETURNING m.message_id`;

/** Completes rows that a status had begun before the submission was seen. */
async function fillMessages(
  client: Client,
  fills: readonly Advance[],
  receiptWindowMs: number,
): Promise<string[]> {
  if (fills.length === 0) return [];
  const { rows } = await client.query<{ message_id: string }>(FILL, [
    plainArray(fills.map(({ change }) => change.identity.messageId)),
    plainArray(fills.map(({ stored }) => stored.revision)),
    ...submissionValues(
      fills.map(({ change }) => change.submission),
      receiptWindowMs,
    ),
    ...derivedValues(
      fills.map(({ change, stored, steps }) => ({
        ...stored,
        steps,
        holds: change.submission?.holds ?? null,
      })),
    ),
  ]);
  return rows.map((row) => row.message_id);
}

const INSERT_CARRIER_PARTS = `
  INSERT INTO carrier_messages (connector, carrier_message_id, sent_at, message_id, part)
  SELECT connector, carrier_message_id, to_timestamp(sent_at / 1000), message_id, part
  FROM unnest($1::text[], $2::text[], $3::float8[], $4::uuid[], $5::smallint[]) AS c (connector, carrier_message_id, sent_at, message_id, part)
  ON CONFLICT DO NOTHING`;

async function insertCarrierParts(client: Client, changes: readonly MessageChange[]): Promise<void> {
  const parts = changes.flatMap(({ identity, carrierParts }) =>
    carrierParts.map((part) => ({ ...part, messageId: identity.messageId })),
  );
  if (parts.length === 0) return;
  await client.query(INSERT_CARRIER_PARTS, [
    textArray(parts.map(({ connector }) => connector)),
    textArray(parts.map(({ carrierMessageId }) => carrierMessageId)),
    plainArray(parts.map(({ sentAt }) => sentAt)),
    plainArray(parts.map(({ messageId }) => messageId)),
    plainArray(parts.map(({ part }) => part)),
  ]);
}

const DUE = `
  SELECT message_id AS "messageId", tenant_id AS "tenantId", wallet_id AS "walletId", channel, conversation, parts, country, operator,
    origin, sender AS "from", recipient AS "to", reference, hold_open::text AS "holdOpen",
    (extract(epoch FROM accepted_at) * 1000)::float8 AS "acceptedAt", (extract(epoch FROM receipt_due_at) * 1000)::float8 AS "dueAt"
  FROM messages
  WHERE final_at IS NULL AND receipt_due_at <= to_timestamp($1::float8 / 1000)
    AND ($2::float8 IS NULL OR receipt_due_at >= to_timestamp($2::float8 / 1000))
    AND ($2::float8 IS NULL OR (receipt_due_at, message_id) > (to_timestamp($2::float8 / 1000), $3::uuid))
  ORDER BY receipt_due_at, message_id
  LIMIT $4`;

function selectDue(
  pool: Pool,
  now: number,
  after: { readonly dueAt: number; readonly messageId: string } | null,
  limit: number,
): Promise<DueMessage[]> {
  return onPostgres(async () => {
    const { rows } = await pool.query<Omit<DueMessage, "holdOpen"> & { holdOpen: string }>(DUE, [
      now,
      after?.dueAt ?? null,
      after?.messageId ?? null,
      limit,
    ]);
    return rows.map((row) => ({ ...row, holdOpen: parseMoney(row.holdOpen) ?? ZERO }));
  });
}

/** SQLSTATE class 22 (a value out of range) and 23 (a constraint): another attempt would fail the same way. */
async function poisonOnBadData<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (/^2[23]/.test(code))
      throw new Poison(`PostgreSQL refuses the values (SQLSTATE ${code})`, { cause: error });
    throw error;
  }
}
