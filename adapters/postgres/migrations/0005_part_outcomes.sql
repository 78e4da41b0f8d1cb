-- Up Migration

-- Outcomes of the parts of messages that owe their ESME one receipt: kept until each part has one, then for a day.
CREATE TABLE part_outcomes (
  message_id text        COLLATE "C" NOT NULL,
  part       integer     NOT NULL CHECK (part >= 1),
  parts      integer     NOT NULL CHECK (parts >= part),
  state      text        NOT NULL CHECK (state IN ('delivered', 'failed', 'rejected', 'expired')),
  at         timestamptz NOT NULL,
  PRIMARY KEY (message_id, part)
);
CREATE INDEX part_outcomes_by_age ON part_outcomes (at);
ALTER TABLE part_outcomes ENABLE ROW LEVEL SECURITY;
ALTER TABLE part_outcomes FORCE ROW LEVEL SECURITY;
CREATE POLICY service ON part_outcomes TO CURRENT_USER USING (true) WITH CHECK (true);
