-- Up Migration

-- Whether a new tenant is one that is there already.
CREATE INDEX tenants_tax_id ON tenants ((configuration ->> 'taxId'))
  WHERE status <> 'closed' AND configuration ->> 'taxId' IS NOT NULL;
CREATE INDEX tenants_name_email ON tenants (lower(configuration ->> 'name'), lower(configuration ->> 'email'))
  WHERE status <> 'closed' AND configuration ->> 'email' IS NOT NULL;

-- Automatic recharges that fell due, whether or not they were begun: what the breaker judges by.
CREATE TABLE due_recharges (
  -- Of the wallet and the sequence of its crossing: a repetition is the same one.
  payment_id text        PRIMARY KEY,
  tenant_id  text        COLLATE "C" NOT NULL,
  wallet_id  text        COLLATE "C" NOT NULL,
  -- The last time that it was asked for.
  due_at     timestamptz NOT NULL
);
CREATE INDEX tenants_enrolled ON tenants (tenant_id)
  WHERE status = 'active' AND jsonb_typeof(configuration #> '{payment,autoRecharge}') = 'object';
CREATE INDEX due_recharges_time ON due_recharges (due_at);

-- The one breaker of the platform. Open: no recharge begins until a person closes it.
CREATE TABLE recharge_breaker (
  one        boolean     PRIMARY KEY DEFAULT true CHECK (one),
  state      text        NOT NULL CHECK (state IN ('closed', 'open')),
  -- How often it has opened: names the alert of each time.
  openings   integer     NOT NULL DEFAULT 0 CHECK (openings >= 0),
  -- The recharge that was one too many.
  opened_by  text,
  changed_at timestamptz NOT NULL,
  changed_by text        NOT NULL,
  reason     text        NOT NULL
);
INSERT INTO recharge_breaker (state, changed_at, changed_by, reason) VALUES ('closed', now(), 'migration', 'the beginning');

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['due_recharges', 'recharge_breaker'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;
