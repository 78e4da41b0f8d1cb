-- Up Migration

-- Who wants to be told of which events. Its secret is derived from its id and stands nowhere.
CREATE TABLE webhook_endpoints (
  endpoint_id uuid        NOT NULL PRIMARY KEY,
  -- Null: of every tenant.
  tenant_id   text        COLLATE "C",
  url         text        NOT NULL,
  events      text[]      NOT NULL CHECK (cardinality(events) > 0),
  description text,
  created_at  timestamptz NOT NULL,
  -- It answered 410 Gone.
  disabled_at timestamptz,
  -- Kept, so that processes which know it learn that it is gone.
  deleted_at  timestamptz,
  changed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant_id) WHERE deleted_at IS NULL;
CREATE INDEX webhook_endpoints_by_change ON webhook_endpoints (changed_at);

ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_endpoints FORCE ROW LEVEL SECURITY;
CREATE POLICY service ON webhook_endpoints TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY tenant ON webhook_endpoints FOR SELECT TO catalyst_tenant
  USING (tenant_id = current_setting('catalyst.tenant_id', true));
GRANT SELECT ON webhook_endpoints TO catalyst_tenant;

-- Deliveries to an endpoint stand in a lane of its own beside those to tenants' own webhooks; of an endpoint of every tenant they are nobody's to see.
ALTER TABLE webhook_deliveries
  ADD COLUMN endpoint_id uuid,
  ALTER COLUMN tenant_id DROP NOT NULL,
  ADD COLUMN lane text COLLATE "C" GENERATED ALWAYS AS (coalesce(endpoint_id::text, tenant_id)) STORED;
ALTER TABLE webhook_deliveries
  DROP CONSTRAINT webhook_deliveries_pkey,
  ADD PRIMARY KEY (lane, webhook_id);
DROP INDEX webhook_deliveries_due;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (lane, next_attempt_at) WHERE given_up_at IS NULL;

-- Runs of durable flows whose end has been announced.
CREATE TABLE announced_runs (
  run_id    text        NOT NULL PRIMARY KEY,
  closed_at timestamptz NOT NULL
);
CREATE INDEX announced_runs_by_time ON announced_runs (closed_at);
ALTER TABLE announced_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE announced_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY service ON announced_runs TO CURRENT_USER USING (true) WITH CHECK (true);
