-- Up Migration

-- How busy the platform was, as its monitor said: surge prices look at it. Append-only, as everything that prices.
CREATE TABLE load_signals (
  percent    numeric(38,18) NOT NULL CHECK (percent BETWEEN 0 AND 1000),
  source     text           NOT NULL,
  valid_from timestamptz    NOT NULL PRIMARY KEY,
  actor      text           NOT NULL
);

CREATE TRIGGER load_signals_append_only BEFORE UPDATE OR DELETE ON load_signals FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
ALTER TABLE load_signals ENABLE ROW LEVEL SECURITY;
ALTER TABLE load_signals FORCE ROW LEVEL SECURITY;
CREATE POLICY service ON load_signals TO CURRENT_USER USING (true) WITH CHECK (true);
