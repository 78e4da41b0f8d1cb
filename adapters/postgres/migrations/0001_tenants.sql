-- Up Migration

-- Tenants, the credentials that open their doors, and the outbox by which every change of configuration reaches Kafka.
-- No secret stands here in clear: keys and passwords are kept as hashes.

-- The role of tenant-scoped reads. Roles belong to the whole cluster, so another database of the same server may have made
-- it already, or be making it at this moment.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'catalyst_tenant') THEN
    CREATE ROLE catalyst_tenant NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END $$;

-- The service role must be able to step down to it. One that is neither its maker nor an administrator of roles cannot
-- grant itself anything, and need not where this was done for it.
DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    IF NOT pg_has_role(current_user, 'catalyst_tenant', 'SET') THEN
      EXECUTE format('GRANT catalyst_tenant TO %I WITH SET TRUE', current_user);
    END IF;
  END IF;
END $$;

DO $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO catalyst_tenant', current_schema());
END $$;

CREATE TABLE tenants (
  tenant_id     text        PRIMARY KEY CHECK (tenant_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  -- domain/tenants/tenant.ts, whole; what stands in columns is taken from it.
  configuration jsonb       NOT NULL,
  revision      integer     NOT NULL CHECK (revision >= 1),
  status        text        NOT NULL CHECK (status IN ('onboarding', 'active', 'suspended', 'closed')),
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  -- Fingerprint of what it was created with: the same creation again is told from another one of the same id.
  created_as    text        NOT NULL CHECK (created_as ~ '^[0-9a-f]{64}$'),
  -- Null until the onboarding is through: one that was undone before may be taken up again under the same id.
  activated_at  timestamptz,
  CHECK (configuration ->> 'tenantId' = tenant_id),
  CHECK ((configuration ->> 'revision')::integer = revision),
  CHECK (configuration ->> 'status' = status)
);

CREATE TABLE api_keys (
  -- SHA-256 of the whole key, hex. The key has 160 random bits, so a fast hash gives nothing away.
  hash       text        PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
  key_id     uuid        NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  tenant_id  text        NOT NULL REFERENCES tenants,
  last4      text        NOT NULL CHECK (length(last4) = 4),
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text        NOT NULL,
  revoked_at timestamptz,
  revoked_by text
);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id);

CREATE TABLE smpp_accounts (
  -- SMPP 3.4 §5.2.1: at most 15 characters.
  system_id     text        PRIMARY KEY CHECK (system_id ~ '^[!-~]{1,15}$'),
  tenant_id     text        NOT NULL REFERENCES tenants,
  -- scrypt with its salt and cost: at most 8 characters of password are soon guessed from a fast hash.
  password_hash text        NOT NULL CHECK (password_hash LIKE 'scrypt$%'),
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX smpp_accounts_by_tenant ON smpp_accounts (tenant_id);

-- Written in the transaction of the change it announces, published afterwards in the order of `position`. Who changed what
-- stays here once it is published.
CREATE TABLE control_outbox (
  position     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic        text        NOT NULL,
  key          text        NOT NULL,
  -- The record's value as it is published; text, so that no digit of a number is read on the way.
  value        text        NOT NULL,
  actor        text        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);
CREATE INDEX control_outbox_pending ON control_outbox (position) WHERE published_at IS NULL;
CREATE INDEX control_outbox_by_key ON control_outbox (topic, key, position);

-- Row-level security: the service role does all, catalyst_tenant sees its own tenant's rows; no setting = no row. The
-- outbox is not for tenants at all.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tenants', 'api_keys', 'smpp_accounts', 'control_outbox'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY service ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['tenants', 'api_keys', 'smpp_accounts'] LOOP
    EXECUTE format('CREATE POLICY tenant ON %I FOR SELECT TO catalyst_tenant
      USING (tenant_id = current_setting(''catalyst.tenant_id'', true))', name);
  END LOOP;
END $$;

GRANT SELECT ON tenants TO catalyst_tenant;
-- Never the hashes.
GRANT SELECT (key_id, tenant_id, last4, created_at, created_by, revoked_at, revoked_by) ON api_keys TO catalyst_tenant;
GRANT SELECT (system_id, tenant_id, created_at) ON smpp_accounts TO catalyst_tenant;
