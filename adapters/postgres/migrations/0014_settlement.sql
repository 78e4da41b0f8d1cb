-- Up Migration

-- Settlement: what was compared, what differed, what became of it, and the signed reports. Nothing here is ever overwritten.

CREATE FUNCTION settlement_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'settlements are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- A wallet's part of a day: entries by their numbers, so that each stands in exactly one day. A wallet that did not move has no row.
CREATE TABLE settlement_wallets (
  wallet_id        text           COLLATE "C" NOT NULL,
  day              date           NOT NULL,
  tenant_id        text           NOT NULL,
  currency         char(3)        NOT NULL,
  opening_sequence bigint         NOT NULL,
  opening_balance  numeric(38,18) NOT NULL,
  closing_sequence bigint         NOT NULL,
  closing_balance  numeric(38,18) NOT NULL,
  entries          bigint         NOT NULL,
  -- Charges as prices (positive); the others as the wallet moved.
  charged          numeric(38,18) NOT NULL,
  corrected        numeric(38,18) NOT NULL,
  credited         numeric(38,18) NOT NULL,
  -- Of the charges: what happened before the day.
  late_entries     bigint         NOT NULL,
  late_charged     numeric(38,18) NOT NULL,
  PRIMARY KEY (wallet_id, day)
);

-- What a person has to look at. One open case per thing, however often it is found.
CREATE TABLE settlement_cases (
  case_id       uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
  kind          text           NOT NULL,
  severity      text           NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  tenant_id     text,
  wallet_id     text           COLLATE "C",
  subject       text           NOT NULL,
  currency      char(3),
  amount        numeric(38,18),
  explanation   text           NOT NULL,
  remedy        text           NOT NULL,
  opened_by     date           NOT NULL,
  last_found_by date           NOT NULL,
  opened_at     timestamptz    NOT NULL,
  closed_at     timestamptz,
  closed_by     text,
  close_reason  text,
  CHECK ((closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (close_reason IS NULL))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX settlement_cases_open ON settlement_cases (kind, subject) WHERE closed_at IS NULL;
CREATE INDEX settlement_cases_by_time ON settlement_cases (opened_at, case_id);

-- What a case says never changes; only that it was found again, and that it was closed, once.
CREATE FUNCTION settlement_cases_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.closed_at IS NULL
     AND (to_jsonb(NEW) - '{last_found_by,closed_at,closed_by,close_reason}'::text[])
       = (to_jsonb(OLD) - '{last_found_by,closed_at,closed_by,close_reason}'::text[]) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'cases are closed once and say what they said: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- Every difference of every settlement, with what became of it.
CREATE TABLE settlement_differences (
  -- One settlement: the first run of its flow.
  run_key     text           NOT NULL,
  kind        text           NOT NULL,
  subject     text           NOT NULL,
  day         date           NOT NULL,
  tenant_id   text,
  wallet_id   text           COLLATE "C",
  currency    char(3),
  amount      numeric(38,18),
  explanation text           NOT NULL,
  outcome     text           NOT NULL CHECK (outcome IN ('adjusted', 'case')),
  remedy      text           NOT NULL,
  case_id     uuid           REFERENCES settlement_cases,
  found_at    timestamptz    NOT NULL,
  PRIMARY KEY (run_key, kind, subject),
  CHECK ((outcome = 'case') = (case_id IS NOT NULL))
);
CREATE INDEX settlement_differences_adjusted ON settlement_differences (kind, subject) WHERE outcome = 'adjusted';
CREATE INDEX settlement_differences_by_day ON settlement_differences (day, case_id) WHERE case_id IS NOT NULL;

-- The chain of signed reports.
CREATE TABLE settlement_reports (
  position  bigint      PRIMARY KEY CHECK (position >= 1),
  day       date        NOT NULL,
  revision  integer     NOT NULL CHECK (revision >= 1),
  run_key   text        NOT NULL UNIQUE,
  body      text        NOT NULL,
  hash      text        NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  signature text        NOT NULL,
  key_id    text        NOT NULL,
  issued_at timestamptz NOT NULL,
  UNIQUE (day, revision)
);

-- What a payment provider's account did in a day. Minor units.
CREATE TABLE settlement_provider_days (
  provider         text    NOT NULL,
  currency         char(3) NOT NULL,
  day              date    NOT NULL,
  payments         integer NOT NULL,
  paid_minor       numeric(30,0) NOT NULL,
  given_back_minor numeric(30,0) NOT NULL,
  fees_minor       numeric(30,0) NOT NULL,
  paid_out_minor   numeric(30,0) NOT NULL,
  PRIMARY KEY (provider, currency, day)
);

-- What partners are owed for a day.
CREATE TABLE settlement_statements (
  statement_id    uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
  day             date           NOT NULL,
  partner_id      text           NOT NULL,
  currency        char(3)        NOT NULL,
  brought_forward numeric(38,18) NOT NULL CHECK (brought_forward <= 0),
  movements       numeric(38,18) NOT NULL,
  amount          numeric(38,18) NOT NULL,
  -- [{"tenant_id": "TENANT-001", "amount": "0.5"}]
  tenants         jsonb          NOT NULL,
  paid_at         timestamptz,
  paid_by         text,
  reference       text,
  UNIQUE (partner_id, currency, day),
  CHECK (amount = brought_forward + movements),
  CHECK ((paid_at IS NULL) = (reference IS NULL) AND (paid_at IS NULL) = (paid_by IS NULL)),
  -- Nobody is paid nothing.
  CHECK (paid_at IS NULL OR amount > 0)
) WITH (fillfactor = 70);
CREATE INDEX settlement_statements_by_day ON settlement_statements (day);

CREATE FUNCTION settlement_statements_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.paid_at IS NULL
     AND (to_jsonb(NEW) - '{paid_at,paid_by,reference}'::text[]) = (to_jsonb(OLD) - '{paid_at,paid_by,reference}'::text[]) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'statements are paid once and say what they said: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- What carriers asked, beside what our own charges cost.
CREATE TABLE settlement_supplier_invoices (
  invoice_id  uuid           PRIMARY KEY,
  connector   text           NOT NULL,
  reference   text           NOT NULL,
  currency    char(3)        NOT NULL,
  period_from date           NOT NULL,
  period_to   date           NOT NULL CHECK (period_to >= period_from),
  amount      numeric(38,18) NOT NULL,
  our_cost    numeric(38,18) NOT NULL,
  difference  numeric(38,18) NOT NULL CHECK (difference = amount - our_cost),
  outcome     text           NOT NULL CHECK (outcome IN ('matched', 'posted', 'case')),
  case_id     uuid           REFERENCES settlement_cases,
  actor       text           NOT NULL,
  received_at timestamptz    NOT NULL,
  UNIQUE (connector, reference)
);

-- Commissions and their reversals of a day, by the time they were recorded.
CREATE INDEX ledger_transactions_by_created ON ledger_transactions USING brin (created_at) WITH (pages_per_range = 16, autosummarize = on);

-- The platform's own: nothing here is for tenants.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['settlement_wallets', 'settlement_cases', 'settlement_differences', 'settlement_reports',
                              'settlement_provider_days', 'settlement_statements', 'settlement_supplier_invoices'] LOOP
    EXECUTE format('CREATE TRIGGER settlement_append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION %I()', name,
      CASE name WHEN 'settlement_cases' THEN 'settlement_cases_refuse_change'
                WHEN 'settlement_statements' THEN 'settlement_statements_refuse_change' ELSE 'settlement_refuse_change' END);
    EXECUTE format('CREATE TRIGGER settlement_keep BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse_change()', name);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;
