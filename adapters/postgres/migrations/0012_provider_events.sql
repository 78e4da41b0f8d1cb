-- Up Migration

-- Authentic webhooks of payment providers, kept before they are acknowledged. No tenant reads them: they hold ids and amounts alone, none of the payer's data.
CREATE TABLE provider_events (
  provider            text        NOT NULL,
  provider_event_id   text        COLLATE "C" NOT NULL,
  kind                text        NOT NULL,
  provider_payment_id text,
  payment_id          text,
  -- Minor units (ISO 4217) of a refund or a dispute.
  amount_minor        numeric(38, 0),
  at                  timestamptz NOT NULL,
  received_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  handed_on_at        timestamptz,
  outcome             text        CHECK (outcome IN ('told', 'unknown')),
  PRIMARY KEY (provider, provider_event_id)
);
CREATE INDEX provider_events_waiting ON provider_events (received_at) WHERE handed_on_at IS NULL;

ALTER TABLE provider_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_events FORCE ROW LEVEL SECURITY;
CREATE POLICY service ON provider_events TO CURRENT_USER USING (true) WITH CHECK (true);
