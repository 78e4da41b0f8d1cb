-- Up Migration

-- What a charge is besides its price: where it went, what it cost, what a partner gets of it. All null where unknown, which costs
-- a row a bit each.
ALTER TABLE ledger_entries
  ADD COLUMN cost        numeric(38,18),
  ADD COLUMN commission  numeric(38,18),
  ADD COLUMN operator    text,
  ADD COLUMN country     text,
  ADD COLUMN connector   text,
  -- First 64 bits of a hash of the event: the same id with another body is not the same event.
  ADD COLUMN fingerprint bigint,
  -- Counters other than volume_period that the entry moved, each with its value after it: {"202611$": "15000000000000000"}.
  ADD COLUMN counters    jsonb;

ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_entry_type_check;
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_entry_type_check CHECK (
  entry_type IN ('charge', 'top_up', 'adjustment', 'opening_volume', 'true_up', 'refund', 're_rating'));

-- Counters of every kind: units of a month, sums of prices in 10^-18, uses of a promotion, alerts that are raised.
ALTER TABLE wallet_volumes ALTER COLUMN volume TYPE numeric(60, 0);

-- What does not fit a charge's own row: movements between accounts that no wallet's balance shows. Credits are positive.
CREATE TABLE ledger_transactions (
  transaction_id text        COLLATE "C" PRIMARY KEY,
  tenant_id      text        NOT NULL,
  kind           text        NOT NULL CHECK (kind IN ('commission', 'exchange', 'invoice', 'payment', 'write_off', 'settlement', 'rounding')),
  -- The ledger entry's event that it belongs to, where there is one.
  event_id       text,
  reason         text,
  actor          text,
  occurred_at    timestamptz NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_transactions_by_event ON ledger_transactions (event_id) WHERE event_id IS NOT NULL;

CREATE TABLE ledger_postings (
  transaction_id text           COLLATE "C" NOT NULL REFERENCES ledger_transactions,
  line           smallint       NOT NULL CHECK (line >= 1),
  tenant_id      text           NOT NULL,
  account        text           NOT NULL CHECK (account IN (
    'wallet', 'receivable', 'deferred_revenue', 'revenue', 'tax', 'withholding', 'partner', 'supplier', 'provider_fees', 'clearing',
    'fx', 'promotions', 'rounding', 'bad_debt', 'cost_of_sales')),
  -- Whose account it is, where it is somebody's: a partner's id, a connector.
  party          text,
  amount         numeric(38,18) NOT NULL CHECK (amount <> 0),
  currency       char(3)        NOT NULL,
  PRIMARY KEY (transaction_id, line)
);
CREATE INDEX ledger_postings_by_account ON ledger_postings (account, party);

CREATE FUNCTION ledger_refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_postings WHERE transaction_id = NEW.transaction_id) THEN
    RAISE EXCEPTION 'transaction % has no postings', NEW.transaction_id USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT FROM ledger_postings WHERE transaction_id = NEW.transaction_id GROUP BY currency HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'transaction % does not add up to zero', NEW.transaction_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

-- Both at the end of the transaction that writes them: lines come one by one, and none may be added later.
CREATE CONSTRAINT TRIGGER ledger_transactions_balanced AFTER INSERT ON ledger_transactions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_refuse_unbalanced();
CREATE CONSTRAINT TRIGGER ledger_postings_balanced AFTER INSERT ON ledger_postings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_refuse_unbalanced();

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['ledger_transactions', 'ledger_postings'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()',
                   name || '_append_only', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()',
                   name || '_keep', name);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;

-- Every account of every tenant and currency, from both: a prepaid wallet's balance is owed to the customer, a postpaid one's owed by it.
CREATE VIEW ledger_accounts WITH (security_invoker = true) AS
  SELECT tenant_id, account, party, currency, sum(amount)::numeric(38,18) AS balance FROM (
    SELECT e.tenant_id, CASE w.kind WHEN 'postpaid' THEN 'receivable' ELSE 'wallet' END AS account, e.wallet_id AS party, e.currency, e.amount
      FROM ledger_entries e JOIN wallets w USING (wallet_id)
    UNION ALL SELECT tenant_id, 'revenue', NULL, currency, revenue FROM ledger_entries
    UNION ALL SELECT tenant_id, 'tax', NULL, currency, tax FROM ledger_entries
    UNION ALL SELECT tenant_id, 'clearing', NULL, currency, clearing FROM ledger_entries
    -- What a supplier is owed for a charge, and the expense that it is.
    UNION ALL SELECT tenant_id, 'supplier', connector, currency, cost FROM ledger_entries WHERE cost IS NOT NULL
    UNION ALL SELECT tenant_id, 'cost_of_sales', connector, currency, -cost FROM ledger_entries WHERE cost IS NOT NULL
    UNION ALL SELECT tenant_id, account, party, currency, amount FROM ledger_postings
  ) movements GROUP BY tenant_id, account, party, currency HAVING sum(amount) <> 0;
