-- Up Migration

-- What prices depend on besides rate cards. Append-only, as cards are: what priced an event never changes.

CREATE TABLE fx_rates (
  base       char(3)        NOT NULL CHECK (base ~ '^[A-Z]{3}$'),
  quote      char(3)        NOT NULL CHECK (quote ~ '^[A-Z]{3}$' AND quote <> base),
  -- So many units of quote for one of base.
  rate       numeric(38,18) NOT NULL CHECK (rate > 0),
  source     text           NOT NULL,
  -- As of when its source says so, and from when it prices events.
  at         timestamptz    NOT NULL,
  valid_from timestamptz    NOT NULL,
  actor      text           NOT NULL,
  PRIMARY KEY (base, quote, valid_from)
);

CREATE TABLE supplier_sheets (
  connector  text        COLLATE "C" NOT NULL,
  version    integer     NOT NULL CHECK (version >= 1),
  currency   char(3)     NOT NULL,
  -- domain/cost/supplier-sheet.ts
  rows       jsonb       NOT NULL,
  valid_from timestamptz NOT NULL,
  stored_at  timestamptz NOT NULL,
  actor      text        NOT NULL,
  PRIMARY KEY (connector, version)
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['fx_rates', 'supplier_sheets'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()',
                   name || '_append_only', name);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;
