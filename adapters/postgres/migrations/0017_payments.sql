-- Up Migration

-- What is to be paid and how it stands. What money did stands in payment_movements, which never change but for being found in the ledger.
CREATE TABLE payments (
  payment_id     text        COLLATE "C" PRIMARY KEY,
  tenant_id      text        COLLATE "C" NOT NULL,
  wallet_id      text        COLLATE "C" NOT NULL,
  purpose        text        NOT NULL CHECK (purpose IN ('invoice', 'top_up', 'auto_recharge')),
  invoice_id     text,
  invoice_number text,
  -- Minor units of the currency (ISO 4217).
  amount_minor   numeric(38, 0) NOT NULL CHECK (amount_minor > 0),
  currency       char(3)     NOT NULL,
  due_at         timestamptz,
  actor          text        NOT NULL,
  state          text        NOT NULL DEFAULT 'collecting' CHECK (state IN (
    'collecting', 'requires_action', 'awaiting_transfer', 'retrying', 'overdue', 'paid', 'declined', 'abandoned', 'cancelled', 'uncollectible')),
  because        text,
  action_url     text,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL
);
CREATE INDEX payments_by_tenant ON payments (tenant_id, created_at DESC, payment_id DESC);
CREATE INDEX payments_by_time ON payments (created_at DESC, payment_id DESC);
CREATE INDEX payments_recharges ON payments (created_at) WHERE purpose = 'auto_recharge';

-- What providers are asked. Written before they are: the same question is asked again until it is answered.
CREATE TABLE payment_attempts (
  payment_id          text        COLLATE "C" NOT NULL REFERENCES payments,
  number              integer     NOT NULL CHECK (number >= 1),
  tenant_id           text        NOT NULL,
  provider            text        NOT NULL CHECK (provider IN ('stripe', 'paypal')),
  amount_minor        numeric(38, 0) NOT NULL CHECK (amount_minor > 0),
  customer_id         text,
  payment_method_id   text,
  -- The latest, and the one before it (of a link, until the payer has paid): webhooks may name either.
  provider_payment_id text,
  former_payment_id   text,
  state               text        NOT NULL DEFAULT 'asking' CHECK (state IN (
    'asking', 'succeeded', 'processing', 'requires_action', 'declined', 'cancelled')),
  code                text,
  started_at          timestamptz NOT NULL,
  PRIMARY KEY (payment_id, number)
);
CREATE INDEX payment_attempts_by_provider ON payment_attempts (provider, provider_payment_id);
CREATE INDEX payment_attempts_by_former ON payment_attempts (provider, former_payment_id) WHERE former_payment_id IS NOT NULL;

-- What money did. Each is booked by one billing event whose id is made of payment, kind and number.
CREATE TABLE payment_movements (
  payment_id   text        COLLATE "C" NOT NULL REFERENCES payments,
  number       integer     NOT NULL CHECK (number >= 1),
  tenant_id    text        NOT NULL,
  kind         text        NOT NULL CHECK (kind IN ('receipt', 'refund', 'refund_returned', 'dispute', 'dispute_returned')),
  amount_minor numeric(38, 0) NOT NULL CHECK (amount_minor > 0),
  source       text        NOT NULL,
  reason       text        NOT NULL,
  actor        text        NOT NULL,
  recorded_at  timestamptz NOT NULL,
  -- When the ledger was seen to have it.
  booked_at    timestamptz,
  PRIMARY KEY (payment_id, number)
);
-- An attempt may be received in parts; anything else happens once.
CREATE UNIQUE INDEX payment_movements_once ON payment_movements (payment_id, source, kind) WHERE source NOT LIKE 'attempt:%';
CREATE INDEX payment_movements_unbooked ON payment_movements (recorded_at) WHERE booked_at IS NULL;

-- How disputes ended, which may be known before they are known to have begun.
CREATE TABLE payment_disputes (
  payment_id text        COLLATE "C" NOT NULL REFERENCES payments,
  source     text        NOT NULL,
  tenant_id  text        NOT NULL,
  ended      text        NOT NULL CHECK (ended IN ('won', 'lost')),
  ended_at   timestamptz NOT NULL,
  PRIMARY KEY (payment_id, source)
);

CREATE FUNCTION payment_movements_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.booked_at IS NULL AND to_jsonb(NEW) - 'booked_at' = to_jsonb(OLD) - 'booked_at' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'movements of payments are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER payment_movements_append_only BEFORE UPDATE OR DELETE ON payment_movements
  FOR EACH ROW EXECUTE FUNCTION payment_movements_refuse_change();

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['payments', 'payment_attempts', 'payment_movements', 'payment_disputes'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
    EXECUTE format('CREATE POLICY tenant ON %I FOR SELECT TO catalyst_tenant
                      USING (tenant_id = current_setting(''catalyst.tenant_id'', true))', name);
  END LOOP;
END $$;
GRANT SELECT ON payments, payment_attempts, payment_movements, payment_disputes TO catalyst_tenant;
