-- Up Migration

-- What each process measured of each tenant in an hour, so far: cumulative, so that the same reading may be stored twice.
CREATE TABLE meter_readings (
  tenant_id text          COLLATE "C" NOT NULL,
  meter     text          NOT NULL,
  hour      timestamptz   NOT NULL,
  -- One life of one process.
  source    text          NOT NULL,
  quantity  numeric(38,0) NOT NULL CHECK (quantity >= 0),
  PRIMARY KEY (hour, tenant_id, meter, source)
) WITH (fillfactor = 50);

-- Hours whose readings are added up: nothing more counts in them.
CREATE TABLE meter_hours (hour timestamptz PRIMARY KEY);

-- What is billed: an hour's sum, a month's subscription. It never changes; only who pays and whether billing was told are written later.
CREATE TABLE meter_quantities (
  tenant_id text          COLLATE "C" NOT NULL,
  meter     text          NOT NULL,
  at        timestamptz   NOT NULL,
  quantity  numeric(38,0) NOT NULL CHECK (quantity >= 0),
  wallet_id text          COLLATE "C",
  done_at   timestamptz,
  PRIMARY KEY (tenant_id, meter, at)
);
CREATE INDEX meter_quantities_pending ON meter_quantities (at) WHERE done_at IS NULL;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['meter_readings', 'meter_hours', 'meter_quantities'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;
