-- Up Migration

-- Suspicions of fraud: the traffic that the detector counts, and the cases that a person decides. No number and no text in any of it.

-- Messages by tenant, window of ten minutes and destination. The detector's alone: a day is kept, and of a window at most a hundred
-- ranges of a tenant beside its countries.
CREATE TABLE fraud_windows (
  tenant_id        text        COLLATE "C" NOT NULL,
  started_at       timestamptz NOT NULL,
  -- ISO 3166-1 alpha-2; ZZ = unknown.
  country          text        NOT NULL,
  -- Leading digits of a range; empty = the country as a whole.
  prefix           text        NOT NULL CHECK (prefix ~ '^[0-9]{0,9}$'),
  messages         bigint      NOT NULL CHECK (messages >= 0),
  delivered        bigint      NOT NULL CHECK (delivered >= 0),
  undelivered      bigint      NOT NULL CHECK (undelivered >= 0),
  rejected         bigint      NOT NULL CHECK (rejected >= 0),
  velocity_blocked bigint      NOT NULL CHECK (velocity_blocked >= 0),
  keyword_blocked  bigint      NOT NULL CHECK (keyword_blocked >= 0),
  PRIMARY KEY (tenant_id, started_at, country, prefix)
) WITH (fillfactor = 50); -- the current window's rows change with every batch
CREATE INDEX fraud_windows_by_age ON fraud_windows USING brin (started_at) WITH (pages_per_range = 16, autosummarize = on);

-- Where the detector stands in each input: a replayed record counts nothing.
CREATE TABLE fraud_offsets (
  topic       text    NOT NULL,
  partition   integer NOT NULL,
  next_offset bigint  NOT NULL,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- The last number that a case of the year has. Counted in the transaction that opens the case: no gap.
CREATE TABLE fraud_case_numbers (
  year   integer PRIMARY KEY,
  number integer NOT NULL CHECK (number >= 1)
);

CREATE TABLE fraud_cases (
  case_id      text        COLLATE "C" PRIMARY KEY CHECK (case_id ~ '^FC-[0-9]{4}-[0-9]{6,}$'),
  tenant_id    text        COLLATE "C" NOT NULL,
  pattern      text        NOT NULL,
  severity     text        NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  status       text        NOT NULL CHECK (status IN ('open', 'decided', 'closed')),
  workflow_id  text        NOT NULL,
  -- Of domain/fraud/destinations.ts: what is closed to the tenant for this case.
  destinations jsonb       NOT NULL,
  -- Of domain/fraud/ports.ts.
  evidence     jsonb,
  decision     text        CHECK (decision IN ('release', 'block', 'suspend', 'refund')),
  decided_by   text,
  decided_at   timestamptz,
  reason       text,
  note         text,
  opened_at    timestamptz NOT NULL,
  closed_at    timestamptz,
  CHECK ((decision IS NULL) = (status = 'open')),
  CHECK ((closed_at IS NULL) = (status <> 'closed'))
);
-- One open case per tenant and pattern.
CREATE UNIQUE INDEX fraud_cases_open ON fraud_cases (tenant_id, pattern) WHERE status <> 'closed';
CREATE INDEX fraud_cases_by_tenant ON fraud_cases (tenant_id, case_id);

-- An alert belongs to one case for good, however often it is told.
CREATE TABLE fraud_case_alerts (
  alert_id text  COLLATE "C" PRIMARY KEY,
  case_id  text  COLLATE "C" NOT NULL REFERENCES fraud_cases,
  alert    jsonb NOT NULL
);
CREATE INDEX fraud_case_alerts_by_case ON fraud_case_alerts (case_id);

CREATE TABLE fraud_case_timeline (
  case_id text        COLLATE "C" NOT NULL REFERENCES fraud_cases,
  -- Names the step: an activity that runs again tells nothing twice.
  key     text        COLLATE "C" NOT NULL,
  at      timestamptz NOT NULL,
  entry   text        NOT NULL,
  PRIMARY KEY (case_id, key)
);

-- The operator's alone: a tenant under suspicion learns nothing from here.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['fraud_windows', 'fraud_offsets', 'fraud_case_numbers', 'fraud_cases', 'fraud_case_alerts', 'fraud_case_timeline'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;
