-- Up Migration

-- What the REST door keeps: keys of administrators, idempotency keys, rate cards.

CREATE TABLE admin_keys (
  key_id     uuid        PRIMARY KEY,
  -- SHA-256 of the whole key, hex. The key has more than 160 random bits, so a fast hash gives nothing away.
  hash       text        NOT NULL UNIQUE CHECK (hash ~ '^[0-9a-f]{64}$'),
  name       text        NOT NULL,
  role       text        NOT NULL CHECK (role IN ('owner', 'finance', 'support', 'read-only')),
  last4      text        NOT NULL CHECK (length(last4) = 4),
  created_by text        NOT NULL,
  created_at timestamptz NOT NULL,
  revoked_at timestamptz
);

-- A key lives for the platform's horizon of 400 days, its answer for at least a day; see idempotency.ts.
CREATE TABLE idempotency_keys (
  scope         text        COLLATE "C" NOT NULL,
  key           text        COLLATE "C" NOT NULL,
  -- Of the request's meaning. A key given back after a refusal keeps it: what was perhaps half done under these ids must not become something else.
  request_hash  text        NOT NULL CHECK (request_hash ~ '^[0-9a-f]{64}$'),
  -- What the request makes is made under these ids, however often it is tried.
  resource_ids  text[]      NOT NULL,
  -- Of the request that carries it out now; null when nobody does.
  claim_token   uuid,
  claimed_until timestamptz,
  status        smallint,
  response      text,
  completed_at  timestamptz,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (scope, key)
) WITH (fillfactor = 70); -- claimed, then completed: the second write finds room on the page
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Append-only: a version that priced an event never changes.
CREATE TABLE rate_card_versions (
  rate_card_id text        COLLATE "C" NOT NULL CHECK (rate_card_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  version      integer     NOT NULL CHECK (version >= 1),
  name         text        NOT NULL,
  currency     char(3)     NOT NULL,
  valid_from   timestamptz NOT NULL,
  stored_at    timestamptz NOT NULL,
  -- The card's text as it was posted: jsonb would keep the digits, but not the text.
  source       text        NOT NULL,
  actor        text        NOT NULL,
  PRIMARY KEY (rate_card_id, version)
);

CREATE FUNCTION rate_card_versions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rate card versions are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER rate_card_versions_append_only BEFORE UPDATE OR DELETE ON rate_card_versions
  FOR EACH ROW EXECUTE FUNCTION rate_card_versions_refuse_change();
CREATE TRIGGER rate_card_versions_keep BEFORE TRUNCATE ON rate_card_versions
  FOR EACH STATEMENT EXECUTE FUNCTION rate_card_versions_refuse_change();

-- Nothing here is for tenants: the service role alone gets in.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['admin_keys', 'idempotency_keys', 'rate_card_versions'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;
