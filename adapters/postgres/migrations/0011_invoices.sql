-- Up Migration

-- Invoices: who issues them, which entries of the ledger each of them holds, its number, and what was paid of it.

-- Versions of the issuer's name, address and looks. The latest holds for what is issued next.
CREATE TABLE issuers (
  issuer_id  text        COLLATE "C" NOT NULL,
  version    integer     NOT NULL CHECK (version >= 1),
  issuer     jsonb       NOT NULL,
  created_by text        NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (issuer_id, version)
);

-- The last number of each series ("INV-2026"). Taken in the transaction that stores the number, so that none is ever missing.
CREATE TABLE invoice_series (
  issuer_id text   COLLATE "C" NOT NULL,
  series    text   COLLATE "C" NOT NULL,
  last      bigint NOT NULL CHECK (last >= 1),
  PRIMARY KEY (issuer_id, series)
) WITH (fillfactor = 20); -- every number is an update of one row: room on the page keeps those HOT

-- A wallet's periods, closed one after another. A close holds the entries that happened before ended_at, have a sequence up to
-- last_sequence and are held by no close before it: no entry is marked, and each is in exactly one close.
CREATE TABLE invoice_closes (
  wallet_id     text           COLLATE "C" NOT NULL REFERENCES wallets,
  position      integer        NOT NULL CHECK (position >= 1),
  tenant_id     text           NOT NULL,
  -- Days of the zone, half open, and the instant at which the last of them was over.
  period_from   date           NOT NULL,
  period_to     date           NOT NULL CHECK (period_to > period_from),
  timezone      text           NOT NULL,
  ended_at      timestamptz    NOT NULL,
  last_sequence bigint         NOT NULL,
  -- No entry below it is free for the next close.
  free_sequence bigint         NOT NULL,
  -- What all entries of this close and those before it come to.
  closing       numeric(38,18) NOT NULL,
  entries       bigint         NOT NULL,
  -- Null where nothing happened.
  invoice_id    uuid,
  closed_by     text           NOT NULL,
  closed_at     timestamptz    NOT NULL,
  PRIMARY KEY (wallet_id, position),
  UNIQUE (wallet_id, period_to)
);

CREATE TABLE invoices (
  invoice_id      uuid           PRIMARY KEY,
  tenant_id       text           COLLATE "C" NOT NULL,
  wallet_id       text           COLLATE "C" NOT NULL,
  kind            text           NOT NULL CHECK (kind IN ('invoice', 'statement', 'credit_note')),
  issuer_id       text           COLLATE "C" NOT NULL,
  issuer_version  integer        NOT NULL,
  currency        char(3)        NOT NULL,
  timezone        text           NOT NULL,
  period_from     date           NOT NULL,
  period_to       date           NOT NULL,
  -- domain/invoicing/invoice.ts but for what the issue adds: number, days, the authority's registration.
  document        jsonb          NOT NULL,
  -- In minor units of the currency.
  net_minor       numeric(38,0)  NOT NULL,
  tax_minor       numeric(38,0)  NOT NULL,
  due_minor       numeric(38,0)  NOT NULL CHECK (due_minor >= 0),
  early_minor     numeric(38,0)  NOT NULL DEFAULT 0 CHECK (early_minor >= 0),
  -- The charges to 18 decimals; what the rounded document differs by is posted when it is issued.
  exact_net       numeric(38,18) NOT NULL,
  exact_tax       numeric(38,18) NOT NULL,
  -- Of it, what was missing to the commitment.
  commitment_net  numeric(38,18) NOT NULL DEFAULT 0,
  commitment_tax  numeric(38,18) NOT NULL DEFAULT 0,
  -- Days after the issue.
  term_days       integer        NOT NULL,
  early_days      integer        NOT NULL DEFAULT 0,
  early_percent   text,
  corrects        uuid           REFERENCES invoices,
  created_at      timestamptz    NOT NULL,
  -- Set once, together, when it is issued.
  series          text           COLLATE "C",
  number          text           COLLATE "C",
  fiscal          jsonb,
  issued_at       timestamptz,
  issued_on       date,
  -- Changing: what became of it.
  paid_minor       numeric(38,0) NOT NULL DEFAULT 0,
  credited_minor   numeric(38,0) NOT NULL DEFAULT 0,
  discounted_minor numeric(38,0) NOT NULL DEFAULT 0,
  mailed_at        timestamptz,
  CHECK ((number IS NULL) = (issued_at IS NULL) AND (number IS NULL) = (issued_on IS NULL)),
  UNIQUE (issuer_id, number)
) WITH (fillfactor = 80);
CREATE INDEX invoices_by_tenant ON invoices (tenant_id, issued_at, invoice_id) WHERE issued_at IS NOT NULL;
CREATE INDEX invoices_by_issue ON invoices (issued_at, invoice_id) WHERE issued_at IS NOT NULL;
CREATE INDEX invoices_by_corrected ON invoices (corrects) WHERE corrects IS NOT NULL;

-- What an invoice says never changes, nor its number once it has one.
CREATE FUNCTION invoices_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  later text[] := '{paid_minor,credited_minor,discounted_minor,mailed_at}';
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.number IS NULL THEN
    later := later || '{series,number,fiscal,issued_at,issued_on}'::text[];
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.document IS NOT DISTINCT FROM NEW.document
      AND to_jsonb(NEW) - 'document' - later = to_jsonb(OLD) - 'document' - later THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'invoices are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER invoices_append_only BEFORE UPDATE OR DELETE ON invoices
  FOR EACH ROW EXECUTE FUNCTION invoices_refuse_change();

-- What was paid of an invoice, each payment once; negative where one was taken back.
CREATE TABLE invoice_payments (
  invoice_id   uuid          NOT NULL REFERENCES invoices,
  payment_id   text          COLLATE "C" NOT NULL,
  tenant_id    text          COLLATE "C" NOT NULL,
  amount_minor numeric(38,0) NOT NULL CHECK (amount_minor <> 0),
  received_at  timestamptz   NOT NULL,
  recorded_at  timestamptz   NOT NULL DEFAULT now(),
  PRIMARY KEY (invoice_id, payment_id)
);

-- What invoices move wallets by (rounding, commitment, discount, credit): decided with the invoice, then published on billing.events until
-- the ledger has it, so a decision survives the process that made it.
CREATE TABLE invoice_entries (
  event_id     text        COLLATE "C" PRIMARY KEY,
  tenant_id    text        COLLATE "C" NOT NULL,
  wallet_id    text        COLLATE "C" NOT NULL,
  invoice_id   uuid        NOT NULL,
  -- domain/events/billing-event.ts, whole.
  event        jsonb       NOT NULL,
  decided_at   timestamptz NOT NULL,
  published_at timestamptz,
  attempts     smallint    NOT NULL DEFAULT 0,
  posted_at    timestamptz
) WITH (fillfactor = 70);
CREATE INDEX invoice_entries_pending ON invoice_entries (decided_at, event_id) WHERE posted_at IS NULL;

CREATE FUNCTION invoicing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['issuers', 'invoice_closes', 'invoice_payments'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION invoicing_refuse_change()',
                   name || '_append_only', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['issuers', 'invoice_closes', 'invoice_payments', 'invoices'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change()',
                   name || '_keep', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['issuers', 'invoice_series', 'invoice_closes', 'invoices', 'invoice_payments', 'invoice_entries'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['invoices', 'invoice_payments'] LOOP
    EXECUTE format('CREATE POLICY tenant ON %I FOR SELECT TO catalyst_tenant
                      USING (tenant_id = current_setting(''catalyst.tenant_id'', true))', name);
  END LOOP;
END $$;
GRANT SELECT ON invoices, invoice_payments TO catalyst_tenant;
