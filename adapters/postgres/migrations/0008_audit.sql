-- Up Migration

-- The books after the fact: a hash chain over all entries and transactions, corrections of charges, and re-ratings.

-- Reports ask for days; rows arrive roughly in that order, so a few kilobytes per partition say where a day stands.
CREATE INDEX ledger_entries_by_time ON ledger_entries USING brin (occurred_at) WITH (pages_per_range = 32);

-- The order in which the chain takes transactions; entries have their wallet's sequence for that.
ALTER TABLE ledger_transactions ADD COLUMN audit_position bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX ledger_transactions_by_audit_position ON ledger_transactions (tenant_id, audit_position);
-- For the chainer, which asks for the newest of all tenants.
CREATE INDEX ledger_transactions_newest ON ledger_transactions USING brin (audit_position) WITH (pages_per_range = 16, autosummarize = on);

-- One chain per tenant. A block covers a run of one wallet's entries, or of the tenant's transactions, and its hash covers the
-- hash of the block before it.
CREATE TABLE audit_blocks (
  tenant_id     text        COLLATE "C" NOT NULL,
  position      bigint      NOT NULL CHECK (position >= 1),
  -- 'wallet:<wallet id>', its rows by sequence; or 'transactions', by audit_position.
  source        text        COLLATE "C" NOT NULL,
  first_row     bigint      NOT NULL,
  last_row      bigint      NOT NULL CHECK (last_row >= first_row),
  rows          integer     NOT NULL CHECK (rows >= 0),
  -- Which text of a row was hashed (audit-rows.ts): columns that come later make another form, and old blocks keep theirs.
  form          smallint    NOT NULL,
  previous_hash bytea       NOT NULL CHECK (length(previous_hash) = 32),
  hash          bytea       NOT NULL CHECK (length(hash) = 32),
  -- The first eight bytes of each row's own hash, in order: tells which row of a block was touched.
  row_marks     bytea       NOT NULL CHECK (length(row_marks) = 8 * rows),
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, position)
);
ALTER TABLE audit_blocks ALTER COLUMN row_marks SET STORAGE EXTERNAL; -- hashes do not compress

-- How far the chainer has come, so that a pass need not read the chain. No rule of the verifier believes it.
CREATE TABLE audit_progress (
  tenant_id text   COLLATE "C" NOT NULL,
  source    text   COLLATE "C" NOT NULL,
  reached   bigint NOT NULL,
  PRIMARY KEY (tenant_id, source)
) WITH (fillfactor = 50);

-- The end of each chain, sealed with the platform's secret key, which the database does not hold: whoever can write here can
-- neither shorten a chain nor compute it anew without that being seen.
CREATE TABLE audit_heads (
  tenant_id text        COLLATE "C" PRIMARY KEY,
  position  bigint      NOT NULL,
  hash      bytea       NOT NULL CHECK (length(hash) = 32),
  seal      bytea       NOT NULL CHECK (length(seal) = 32),
  sealed_at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit chain is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_blocks_append_only BEFORE UPDATE OR DELETE ON audit_blocks
  FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_blocks_keep BEFORE TRUNCATE ON audit_blocks
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- A tenant's charges computed again under another version of a card: a report, which somebody approves or not.
CREATE TABLE re_ratings (
  re_rating_id   uuid           PRIMARY KEY,
  tenant_id      text           COLLATE "C" NOT NULL,
  rate_card_id   text           COLLATE "C" NOT NULL,
  version        integer        NOT NULL,
  -- The charges of what happened from here (inclusive) to there (exclusive).
  window_from    timestamptz    NOT NULL,
  window_to      timestamptz    NOT NULL,
  CHECK (window_to > window_from),
  event_type     text,
  reason         text           NOT NULL,
  status         text           NOT NULL CHECK (status IN ('computing', 'reported', 'approved', 'posted', 'rejected', 'failed')),
  requested_by   text           NOT NULL,
  requested_at   timestamptz    NOT NULL,
  decided_by     text,
  decided_at     timestamptz,
  -- The wallets and the last sequence of each that the report covers, and where the computation stands: it goes on there.
  upto           jsonb          NOT NULL,
  cursor         jsonb          NOT NULL DEFAULT '{}',
  examined       bigint         NOT NULL DEFAULT 0,
  changed        bigint         NOT NULL DEFAULT 0,
  -- Not computed again, by reason: {"refunded": 2}.
  skipped        jsonb          NOT NULL DEFAULT '{}',
  charged        numeric(38,18) NOT NULL DEFAULT 0,
  repriced       numeric(38,18) NOT NULL DEFAULT 0,
  currency       char(3)        NOT NULL,
  adjusted       bigint         NOT NULL DEFAULT 0,
  problem        text,
  CHECK ((status IN ('approved', 'posted', 'rejected')) = (decided_by IS NOT NULL))
);
CREATE INDEX re_ratings_by_tenant ON re_ratings (tenant_id, re_rating_id);
CREATE INDEX re_ratings_under_way ON re_ratings (re_rating_id) WHERE status IN ('computing', 'approved');

-- The charges whose price differs. Amounts are prices: positive is paid by the tenant.
CREATE TABLE re_rating_lines (
  re_rating_id   uuid           NOT NULL REFERENCES re_ratings,
  wallet_id      text           COLLATE "C" NOT NULL,
  sequence       bigint         NOT NULL,
  tenant_id      text           COLLATE "C" NOT NULL,
  event_id       text           COLLATE "C" NOT NULL,
  accepted_month date           NOT NULL,
  event_type     text           NOT NULL,
  occurred_at    timestamptz    NOT NULL,
  charged_revenue  numeric(38,18) NOT NULL,
  charged_tax      numeric(38,18) NOT NULL,
  repriced_revenue numeric(38,18) NOT NULL,
  repriced_tax     numeric(38,18) NOT NULL,
  charged_commission  numeric(38,18) NOT NULL,
  repriced_commission numeric(38,18) NOT NULL,
  partner_id     text,
  trace          jsonb          NOT NULL,
  PRIMARY KEY (re_rating_id, wallet_id, sequence)
);

-- Corrections of charges: decided here, under a lock of the charge, then posted as entries through billing.events. What
-- is not in the ledger yet is published again until it is, so a decision survives the process that made it.
CREATE TABLE ledger_corrections (
  -- The id of its billing event, which is its key in the ledger.
  correction_id  text           COLLATE "C" PRIMARY KEY,
  kind           text           NOT NULL CHECK (kind IN ('refund', 're_rating')),
  tenant_id      text           COLLATE "C" NOT NULL,
  wallet_id      text           COLLATE "C" NOT NULL,
  original_id    text           COLLATE "C" NOT NULL,
  original_month date           NOT NULL,
  -- The original's, for reports.
  event_type     text           NOT NULL,
  operator       text,
  country        text,
  -- As the ledger signs them: a refund's amount is positive, its revenue and tax negative.
  amount         numeric(38,18) NOT NULL CHECK (amount <> 0),
  revenue        numeric(38,18) NOT NULL,
  tax            numeric(38,18) NOT NULL,
  CONSTRAINT ledger_corrections_balanced CHECK (amount + revenue + tax = 0),
  -- What a partner's commission moves by, a posting of its own.
  commission     numeric(38,18) NOT NULL DEFAULT 0,
  partner_id     text,
  CHECK (commission = 0 OR partner_id IS NOT NULL),
  currency       char(3)        NOT NULL,
  reason         text           NOT NULL,
  actor          text           NOT NULL,
  re_rating_id   uuid           REFERENCES re_ratings,
  decided_at     timestamptz    NOT NULL,
  published_at   timestamptz,
  attempts       smallint       NOT NULL DEFAULT 0,
  posted_at      timestamptz
) WITH (fillfactor = 70);
CREATE INDEX ledger_corrections_by_original ON ledger_corrections (original_id);
CREATE INDEX ledger_corrections_pending ON ledger_corrections (decided_at, correction_id) WHERE posted_at IS NULL;

-- What a correction says never changes; only that it was published and posted.
CREATE FUNCTION ledger_corrections_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - '{published_at,attempts,posted_at}'::text[])
      = (to_jsonb(OLD) - '{published_at,attempts,posted_at}'::text[]) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'corrections are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_corrections_append_only BEFORE UPDATE OR DELETE ON ledger_corrections
  FOR EACH ROW EXECUTE FUNCTION ledger_corrections_refuse_change();
CREATE TRIGGER ledger_corrections_keep BEFORE TRUNCATE ON ledger_corrections
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_corrections_refuse_change();

-- Nothing here is for tenants, but for the corrections of their own charges.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['audit_blocks', 'audit_progress', 'audit_heads', 're_ratings', 're_rating_lines', 'ledger_corrections'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
  EXECUTE 'CREATE POLICY tenant ON ledger_corrections FOR SELECT TO catalyst_tenant
             USING (tenant_id = current_setting(''catalyst.tenant_id'', true))';
END $$;
GRANT SELECT ON ledger_corrections TO catalyst_tenant;
