-- Up Migration

-- Settlement asks for the receipts of a day.
CREATE INDEX payment_movements_by_time ON payment_movements USING brin (recorded_at) WITH (pages_per_range = 16, autosummarize = on);
