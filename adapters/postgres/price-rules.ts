import { type SupplierSheet, supplierKey, type SupplierRow } from "#domain/cost/supplier-sheet.ts";
import { type FxRate, fxKey } from "#domain/fx/fx-rates.ts";
import { loadKey, type LoadSignal } from "#domain/rating/load-signal.ts";
import type { NewFxRate, NewLoadSignal, NewSupplierSheet, PriceRules } from "#domain/tenants/price-rules.ts";
import { announce } from "./control-outbox.ts";
import { storedMoney } from "./ledger-columns.ts";
import { formatMoney } from "#domain/money/money.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

/** Processes hear of a rule within this time or pause: so an event has one price wherever it is rated. */
const ANNOUNCED_AHEAD_MS = 2_000;
const SHOWN_MAX = 1_000;

interface FxRow {
  readonly base: string;
  readonly quote: string;
  readonly rate: string;
  readonly source: string;
  readonly at: Date;
  readonly valid_from: Date;
}

interface LoadRow {
  readonly percent: string;
  readonly source: string;
  readonly valid_from: Date;
}

interface SheetRow {
  readonly connector: string;
  readonly version: number;
  readonly currency: string;
  readonly rows: readonly SupplierRow[];
  readonly valid_from: Date;
}

/** Exchange rates, load signals and suppliers' sheets, each announced on control.rules by the outbox. */
export function createPriceRules(pool: Pool): PriceRules {
  return {
    addFxRate: (rate) => inTransaction(pool, (client) => addFxRate(client, rate)),
    fxRates: () =>
      onPostgres(async () => {
        const { rows } = await pool.query<FxRow>(
          `SELECT DISTINCT ON (base, quote) * FROM fx_rates ORDER BY base, quote, valid_from DESC LIMIT ${SHOWN_MAX}`,
        );
        return rows.map(fxRateOf);
      }),
    addLoadSignal: (signal) => inTransaction(pool, (client) => addLoadSignal(client, signal)),
    loadSignals: (limit) =>
      onPostgres(async () => {
        const { rows } = await pool.query<LoadRow>(
          "SELECT * FROM load_signals ORDER BY valid_from DESC LIMIT $1",
          [limit],
        );
        return rows.map(loadSignalOf);
      }),
    addSupplierSheet: (sheet) => inTransaction(pool, (client) => addSupplierSheet(client, sheet)),
    supplierSheets: () =>
      onPostgres(async () => {
        const { rows } = await pool.query<SheetRow>(
          `SELECT DISTINCT ON (connector) * FROM supplier_sheets ORDER BY connector, version DESC LIMIT ${SHOWN_MAX}`,
        );
        return rows.map(sheetOf);
      }),
    supplierSheet: (connector) =>
      onPostgres(async () => {
        const { rows } = await pool.query<SheetRow>(
          "SELECT * FROM supplier_sheets WHERE connector = $1 ORDER BY version DESC LIMIT 1",
          [connector],
        );
        return rows[0] === undefined ? null : sheetOf(rows[0]);
      }),
  };
}

async function addFxRate(client: Client, { actor, storedAt, ...given }: NewFxRate): Promise<FxRate> {
  const pair = `${given.base}/${given.quote}`;
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('catalyst.fx:' || $1, 0))", [pair]);
  const { rows } = await client.query<{ valid_from: Date }>(
    "SELECT valid_from FROM fx_rates WHERE base = $1 AND quote = $2 ORDER BY valid_from DESC LIMIT 1",
    [given.base, given.quote],
  );
  const validFrom = Math.max(storedAt + ANNOUNCED_AHEAD_MS, (rows[0]?.valid_from.getTime() ?? 0) + 1);
  const rate: FxRate = { v: 1, type: "fx_rate", ...given, validFrom };
  await client.query(
    `INSERT INTO fx_rates (base, quote, rate, source, at, valid_from, actor)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), to_timestamp($6::float8 / 1000), $7)`,
    [rate.base, rate.quote, rate.rate, rate.source, rate.at, validFrom, actor],
  );
  await announce(client, { topic: "control.rules", key: fxKey(rate), value: JSON.stringify(rate), actor });
  return rate;
}

async function addLoadSignal(
  client: Client,
  { actor, storedAt, percent, source }: NewLoadSignal,
): Promise<LoadSignal> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('catalyst.load', 0))");
  const { rows } = await client.query<LoadRow>("SELECT * FROM load_signals ORDER BY valid_from DESC LIMIT 1");
  const present = rows[0] === undefined ? null : loadSignalOf(rows[0]);
  if (present !== null && present.percent === percent && present.source === source) return present;
  const validFrom = Math.max(storedAt + ANNOUNCED_AHEAD_MS, (present?.validFrom ?? 0) + 1);
  const signal: LoadSignal = { v: 1, type: "load_signal", percent, source, validFrom };
  await client.query(
    `INSERT INTO load_signals (percent, source, valid_from, actor) VALUES ($1, $2, to_timestamp($3::float8 / 1000), $4)`,
    [percent, source, validFrom, actor],
  );
  await announce(client, {
    topic: "control.rules",
    key: loadKey(signal),
    value: JSON.stringify(signal),
    actor,
  });
  return signal;
}

async function addSupplierSheet(
  client: Client,
  { actor, storedAt, ...given }: NewSupplierSheet,
): Promise<SupplierSheet> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('catalyst.supplier:' || $1, 0))", [
    given.connector,
  ]);
  const { rows } = await client.query<{ version: number }>(
    "SELECT version FROM supplier_sheets WHERE connector = $1 ORDER BY version DESC LIMIT 1",
    [given.connector],
  );
  const sheet: SupplierSheet = {
    v: 1,
    type: "supplier_sheet",
    ...given,
    rows: [...given.rows],
    version: (rows[0]?.version ?? 0) + 1,
    validFrom: storedAt + ANNOUNCED_AHEAD_MS,
  };
  await client.query(
    `INSERT INTO supplier_sheets (connector, version, currency, rows, valid_from, stored_at, actor)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), to_timestamp($6::float8 / 1000), $7)`,
    [
      sheet.connector,
      sheet.version,
      sheet.currency,
      JSON.stringify(sheet.rows),
      sheet.validFrom,
      storedAt,
      actor,
    ],
  );
  const value = JSON.stringify(sheet);
  await announce(client, { topic: "control.rules", key: supplierKey(sheet), value, actor });
  return sheet;
}

function fxRateOf(row: FxRow): FxRate {
  return {
    v: 1,
    type: "fx_rate",
    base: row.base,
    quote: row.quote,
    rate: formatMoney(storedMoney(row.rate)),
    source: row.source,
    at: row.at.getTime(),
    validFrom: row.valid_from.getTime(),
  };
}

function loadSignalOf(row: LoadRow): LoadSignal {
  return {
    v: 1,
    type: "load_signal",
    percent: formatMoney(storedMoney(row.percent)),
    source: row.source,
    validFrom: row.valid_from.getTime(),
  };
}

function sheetOf(row: SheetRow): SupplierSheet {
  return {
    v: 1,
    type: "supplier_sheet",
    connector: row.connector,
    version: row.version,
    validFrom: row.valid_from.getTime(),
    currency: row.currency,
    rows: [...row.rows],
  };
}
