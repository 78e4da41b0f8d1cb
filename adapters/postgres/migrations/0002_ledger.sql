-- Up Migration

-- The record of every wallet. Redis caches what stands here; where the two differ, this is right.

-- The role under which the gateway reads for one tenant; a cluster's role, perhaps made before.
DO $$ BEGIN CREATE ROLE catalyst_tenant NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

CREATE TABLE wallets (
  wallet_id          text           COLLATE "C" PRIMARY KEY,
  tenant_id          text           NOT NULL,
  currency           char(3)        NOT NULL,
  kind               text           NOT NULL DEFAULT 'prepaid' CHECK (kind IN ('prepaid', 'postpaid')),
  credit_limit       numeric(38,18) NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
  low_threshold      numeric(38,18),
  critical_threshold numeric(38,18),
  -- Grows each time the cache is rebuilt: whoever charged a cache of an older epoch may no longer write here.
  epoch              bigint         NOT NULL DEFAULT 0,
  -- Running projections of ledger_entries, moved in the same transaction.
  sequence           bigint         NOT NULL DEFAULT 0,
  balance            numeric(38,18) NOT NULL DEFAULT 0,
  -- Where in billing.events the last entry came from: for people who look, no rule reads it.
  last_partition     integer,
  last_offset        bigint,
  created_at         timestamptz    NOT NULL DEFAULT now()
) WITH (fillfactor = 50); -- rewritten with every batch: room on the page keeps those updates HOT
CREATE INDEX wallets_by_tenant ON wallets (tenant_id);

-- Units counted per calendar month of the tenant's zone ('202611').
CREATE TABLE wallet_volumes (
  wallet_id text   COLLATE "C" NOT NULL REFERENCES wallets,
  tenant_id text   NOT NULL,
  period    text   NOT NULL,
  volume    bigint NOT NULL CHECK (volume >= 0),
  PRIMARY KEY (wallet_id, period)
) WITH (fillfactor = 50);

-- An entry is its event's permanent key, too: an event of which the row exists was charged. The month is that of acceptance,
-- which belongs to the event and never changes, so the same event always meets the same partition.
CREATE TABLE ledger_entries (
  event_id       text           COLLATE "C" NOT NULL,
  accepted_month date           NOT NULL,
  wallet_id      text           COLLATE "C" NOT NULL,
  tenant_id      text           NOT NULL,
  sequence       bigint         NOT NULL,
  entry_type     text           NOT NULL CHECK (entry_type IN ('charge', 'top_up', 'adjustment', 'opening_volume')),
  event_type     text           NOT NULL,
  message_id     text,
  part           integer        NOT NULL,
  -- What the wallet moved by (negative for a charge), and where it went. Each entry balances in itself.
  amount         numeric(38,18) NOT NULL,
  -- Price before the volume discount (the discount is base − revenue); null for entries that are no usage.
  base           numeric(38,18),
  revenue        numeric(38,18) NOT NULL,
  tax            numeric(38,18) NOT NULL,
  clearing       numeric(38,18) NOT NULL,
  balance_after  numeric(38,18) NOT NULL,
  currency       char(3)        NOT NULL,
  -- The month whose volume this entry moved, and that volume after it.
  volume_period  text,
  volume_ordinal bigint         NOT NULL,
  trace          jsonb          NOT NULL,
  kafka_partition integer       NOT NULL,
  kafka_offset   bigint         NOT NULL,
  occurred_at    timestamptz    NOT NULL,
  created_at     timestamptz    NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, accepted_month),
  CONSTRAINT ledger_entries_balanced CHECK (amount + revenue + tax + clearing = 0)
) PARTITION BY RANGE (accepted_month);

CREATE UNIQUE INDEX ledger_entries_by_sequence ON ledger_entries (wallet_id, sequence, accepted_month);

CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_entries_keep BEFORE TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- Makes the partitions of 15 months back (events are accepted up to 400 days late) to three ahead. Called at the start of
-- the billing stage and daily; an entry that finds no partition lands in the default one, and nothing is lost.
CREATE FUNCTION ledger_make_partitions(today date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  month date;
  name  text;
  made  integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('ledger_make_partitions'));
  FOR month IN SELECT generate_series(date_trunc('month', today) - interval '15 months',
                                      date_trunc('month', today) + interval '3 months', interval '1 month')::date LOOP
    name := 'ledger_entries_' || to_char(month, 'YYYYMM');
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    -- Rows of this month in the default partition forbid it; they stay there then.
    BEGIN
      EXECUTE format('CREATE TABLE %I PARTITION OF ledger_entries FOR VALUES FROM (%L) TO (%L)',
                     name, month, (month + interval '1 month')::date);
      EXECUTE format('CREATE TRIGGER ledger_entries_keep BEFORE TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()', name);
      made := made + 1;
    EXCEPTION WHEN check_violation THEN NULL;
    END;
  END LOOP;
  RETURN made;
END $$;

CREATE TABLE ledger_entries_default PARTITION OF ledger_entries DEFAULT;
CREATE TRIGGER ledger_entries_keep BEFORE TRUNCATE ON ledger_entries_default
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
SELECT ledger_make_partitions(current_date);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['wallets', 'wallet_volumes', 'ledger_entries'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
    EXECUTE format('CREATE POLICY tenant ON %I FOR SELECT TO catalyst_tenant
                      USING (tenant_id = current_setting(''catalyst.tenant_id'', true))', name);
  END LOOP;
END $$;
GRANT SELECT ON wallets, wallet_volumes, ledger_entries TO catalyst_tenant;
