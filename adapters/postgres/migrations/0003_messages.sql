-- Up Migration

-- The messages, what carriers call them, usage by the hour, and what is owed to ESMEs and webhooks.
--
-- Personal data (numbers, text) lives in `messages` alone, in sender, recipient and body. It is not yet encrypted at
-- rest by Catalyst itself; until then the disk's encryption has to do.
--
-- `messages` is partitioned by its UUIDv7 key, which begins with the time of acceptance: a lookup by id finds its day's
-- partition without being told the time, and the key stays unique across partitions.

CREATE FUNCTION catalyst_uuid_floor(at timestamptz) RETURNS uuid
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

CREATE TABLE messages (
  message_id     uuid           NOT NULL,
  tenant_id      text           NOT NULL,
  wallet_id      text           NOT NULL,
  channel        text           NOT NULL,
  conversation   text           NOT NULL,
  accepted_at    timestamptz    NOT NULL,
  parts          integer        NOT NULL CHECK (parts >= 1),
  -- From here to `holds` null while only a status of the message has been seen, its submission not yet.
  direction      text,
  sender         text,
  recipient      text,
  body           text,
  encoding       text,
  country        text,
  operator       text,
  expires_at     timestamptz,
  -- When the sweeper declares it expired; null on inbound messages, which nobody confirms.
  receipt_due_at timestamptz,
  origin         jsonb,
  holds          jsonb,
  reference      text,
  -- What happened, by "state:part"; everything below is derived from it.
  steps          jsonb          NOT NULL,
  state          text           NOT NULL,
  final_at       timestamptz,
  -- What of the reservation is still set aside.
  hold_open      numeric(38,18) NOT NULL,
  revision       integer        NOT NULL DEFAULT 1,
  PRIMARY KEY (message_id)
) PARTITION BY RANGE (message_id);

-- Columns that change on the way (steps, state, hold_open, revision) stand in no index: those updates are HOT.
CREATE INDEX messages_by_tenant ON messages (tenant_id, message_id);
CREATE INDEX messages_due ON messages (receipt_due_at) WHERE final_at IS NULL;
CREATE INDEX messages_open_by_wallet ON messages (wallet_id) WHERE final_at IS NULL;

-- Which message and part a connector's id stands for. SMSCs recycle ids, so the time belongs to the key.
CREATE TABLE carrier_messages (
  connector          text        NOT NULL,
  carrier_message_id text        NOT NULL,
  sent_at            timestamptz NOT NULL,
  message_id         uuid        NOT NULL,
  part               smallint    NOT NULL,
  PRIMARY KEY (carrier_message_id, connector, sent_at)
) PARTITION BY RANGE (sent_at);

-- (message, part) pairs whose outcome usage has counted: a status published twice counts once.
CREATE TABLE usage_counted (
  message_id uuid     NOT NULL,
  part       smallint NOT NULL,
  PRIMARY KEY (message_id, part)
) PARTITION BY RANGE (message_id);

-- Where usage stands in each input: a replayed record counts nothing.
CREATE TABLE analytics_offsets (
  topic       text    NOT NULL,
  partition   integer NOT NULL,
  next_offset bigint  NOT NULL,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- A hypertable where TimescaleDB is installed in this database, native monthly partitions where it is not.
DO $$
DECLARE
  columns constant text := '
    tenant_id text        NOT NULL,
    channel   text        NOT NULL,
    outcome   text        NOT NULL,
    -- ISO 3166-1 alpha-2; ZZ = unknown.
    country   text        NOT NULL,
    hour      timestamptz NOT NULL,
    messages  bigint      NOT NULL,
    parts     bigint      NOT NULL,
    PRIMARY KEY (tenant_id, hour, channel, outcome, country)';
BEGIN
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    EXECUTE format('CREATE TABLE usage_hourly (%s)', columns);
    PERFORM create_hypertable('usage_hourly', 'hour', chunk_time_interval => interval '30 days');
  ELSE
    EXECUTE format('CREATE TABLE usage_hourly (%s) PARTITION BY RANGE (hour)', columns);
  END IF;
END $$;

-- Receipts that an ESME has not acknowledged; their addresses are joined from messages when they are taken.
CREATE TABLE esme_receipts (
  system_id    text        NOT NULL,
  message_id   uuid        NOT NULL,
  part         smallint    NOT NULL,
  state        text        NOT NULL,
  tenant_id    text        NOT NULL,
  parts        integer     NOT NULL,
  at           timestamptz NOT NULL,
  accepted_at  timestamptz NOT NULL,
  code         text,
  leased_until timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (system_id, message_id, part, state)
) WITH (fillfactor = 70);
CREATE INDEX esme_receipts_age ON esme_receipts (at);

-- Webhook calls that failed at least once or had to wait.
CREATE TABLE webhook_deliveries (
  webhook_id      text        NOT NULL PRIMARY KEY,
  tenant_id       text        NOT NULL,
  body            text        NOT NULL,
  attempts        integer     NOT NULL,
  created_at      timestamptz NOT NULL,
  next_attempt_at timestamptz NOT NULL,
  -- Given up after the last attempt; kept to be looked at until it is pruned.
  given_up_at     timestamptz,
  last_error      text
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (tenant_id, next_attempt_at) WHERE given_up_at IS NULL;
CREATE INDEX webhook_deliveries_given_up ON webhook_deliveries (given_up_at) WHERE given_up_at IS NOT NULL;

-- Endpoints that answered 410 Gone. A tenant that sets another URL is served again.
CREATE TABLE webhook_endpoints_disabled (
  tenant_id   text        NOT NULL,
  url         text        NOT NULL,
  disabled_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, url)
);

-- Row-level security: the service role does all, catalyst_tenant sees its own tenant's rows; no setting = no row.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['messages', 'usage_hourly', 'esme_receipts', 'webhook_deliveries', 'webhook_endpoints_disabled'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
    EXECUTE format('CREATE POLICY tenant ON %I FOR SELECT TO catalyst_tenant
      USING (tenant_id = current_setting(''catalyst.tenant_id'', true))', name);
  END LOOP;
END $$;

GRANT SELECT ON messages, usage_hourly, webhook_deliveries, webhook_endpoints_disabled TO catalyst_tenant;

-- Creates one partition unless it is there; rows that already fell into the default partition move into it.
-- Built aside and attached, which (unlike CREATE … PARTITION OF) does not lock readers and writers of the parent out.
CREATE FUNCTION catalyst_ensure_partition(parent text, suffix text, key text, lower_bound text, upper_bound text)
  RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name constant text := parent || '_' || suffix;
BEGIN
  IF to_regclass(quote_ident(name)) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = %s)',
    name, parent, CASE parent WHEN 'messages' THEN 70 WHEN 'usage_hourly' THEN 70 ELSE 100 END);
  PERFORM catalyst_guard_partition(name);
  IF to_regclass(quote_ident(parent || '_default')) IS NOT NULL THEN
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default');
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
      parent || '_default', key, lower_bound, key, upper_bound, name);
  END IF;
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, lower_bound, upper_bound);
END $$;

-- A partition reached by its own name obeys no policy of its parent: it lets the service role in and nobody else.
CREATE FUNCTION catalyst_guard_partition(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
  EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
END $$;

-- Drops the daily partitions that ended more than `keep_days` before `today`.
CREATE FUNCTION catalyst_drop_old_partitions(parent text, today timestamp, keep_days integer)
  RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(quote_ident(parent)) AND c.relname ~ '_[0-9]{8}$'
      AND right(c.relname, 8) < to_char(today - make_interval(days => keep_days), 'YYYYMMDD')
  LOOP
    EXECUTE format('DROP TABLE %I', name);
  END LOOP;
END $$;

-- Days and months from yesterday until `ahead_days` after `at`, in UTC. One caller at a time; safe to repeat.
-- What only guards against repetition goes when none can come: carriers' ids after ten days (receipts are matched for
-- seven), counted parts after forty (Kafka keeps thirty).
CREATE FUNCTION catalyst_ensure_message_partitions(at timestamptz, ahead_days integer)
  RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  today constant timestamp := date_trunc('day', at AT TIME ZONE 'UTC');
  day   timestamp;
  month timestamp;
  since timestamptz;
  until timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('catalyst_ensure_message_partitions'));
  FOR day IN SELECT generate_series(today - interval '1 day', today + make_interval(days => ahead_days), interval '1 day') LOOP
    since := day AT TIME ZONE 'UTC';
    until := (day + interval '1 day') AT TIME ZONE 'UTC';
    PERFORM catalyst_ensure_partition('messages', to_char(day, 'YYYYMMDD'), 'message_id',
      catalyst_uuid_floor(since)::text, catalyst_uuid_floor(until)::text);
    PERFORM catalyst_ensure_partition('usage_counted', to_char(day, 'YYYYMMDD'), 'message_id',
      catalyst_uuid_floor(since)::text, catalyst_uuid_floor(until)::text);
    PERFORM catalyst_ensure_partition('carrier_messages', to_char(day, 'YYYYMMDD'), 'sent_at', since::text, until::text);
  END LOOP;
  IF (SELECT relkind FROM pg_class WHERE oid = to_regclass('usage_hourly')) = 'p' THEN
    FOR month IN SELECT generate_series(date_trunc('month', today - interval '1 day'),
                                        date_trunc('month', today + make_interval(days => ahead_days)), interval '1 month') LOOP
      PERFORM catalyst_ensure_partition('usage_hourly', to_char(month, 'YYYYMM'), 'hour',
        (month AT TIME ZONE 'UTC')::text, ((month + interval '1 month') AT TIME ZONE 'UTC')::text);
    END LOOP;
  END IF;
  PERFORM catalyst_drop_old_partitions('carrier_messages', today, 10);
  PERFORM catalyst_drop_old_partitions('usage_counted', today, 40);
END $$;

-- The safety net: nothing is refused because a partition is missing.
DO $$
DECLARE
  parent text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['messages', 'carrier_messages', 'usage_counted', 'usage_hourly'] LOOP
    IF (SELECT relkind FROM pg_class WHERE oid = to_regclass(parent)) = 'p' THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_default', parent);
      PERFORM catalyst_guard_partition(parent || '_default');
    END IF;
  END LOOP;
END $$;

SELECT catalyst_ensure_message_partitions(now(), 3);
