import { createReadStream, createWriteStream, existsSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { parsePercent } from "#domain/money/percent.ts";
import { formatMoney, money } from "#domain/money/money.ts";
import { type CompiledRateCard, compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import { loadFormulas, mayHoldFormulas } from "#domain/rating/formula.ts";
import { zoneClock } from "#domain/rating/zone-clock.ts";
import { attachEnvironment } from "../environment.ts";
import { dataDirectoryFrom } from "../paths.ts";
import { mapColumns } from "../shadow/columns.ts";
import { csvField, CsvRecords } from "../shadow/csv.ts";
import { ShadowPricing, type ShadowTerms, type Total } from "../shadow/price-rows.ts";
import { print, progress, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "shadow";
const usage = `catalyst shadow FILE.csv --card ID|FILE.json [--out FILE] [--columns name=HEADING,…] [--event TYPE]
               [--timezone ZONE] [--tax PERCENT] [--delimiter CHAR] [--data DIR] [--json]

  Prices call detail records by a rate card, beside what they cost in the file; charges nobody. Writes every row with amount,
  difference and explanation (default: FILE.priced.csv), and totals the difference by tenant, operator and reason.
  --card      a card of the running environment, or a file with its JSON
  --columns   where headings are not the usual ones: timestamp, event_type, channel, units, country, operator, prefix, to,
              tenant, amount; columns named attr_<name> are attributes
  --event     of rows that name none (default sms.delivered)
  --timezone  in which months turn for volume tiers (default UTC)
  Exit code 0: every row could be priced. 1: some could not; their problem stands in the last column.`;

const PROGRESS_EVERY_MS = 2_000;
/** Written at once: many small writes would cost more than the pricing. */
const PIECE_LENGTH = 262_144;
const SHOWN = 10;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(
    { name, usage },
    args,
    {
      card: { type: "string" },
      out: { type: "string" },
      columns: { type: "string" },
      event: { type: "string" },
      timezone: { type: "string" },
      tax: { type: "string" },
      delimiter: { type: "string" },
      data: { type: "string" },
      json: { type: "boolean" },
    },
    true,
  );
  const [file = "", ...rest] = positionals;
  if (file === "" || rest.length > 0) throw new UsageError("catalyst shadow takes one FILE.csv");
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}`);
  if (values.card === undefined) throw new UsageError("--card names the card to price by: an id, or a file");
  const zone = zoneClock(values.timezone ?? "UTC");
  if (zone === null)
    throw new UsageError(`--timezone takes an IANA zone such as America/New_York; not ${values.timezone}`);
  const taxRate = parsePercent(values.tax ?? "0");
  if (taxRate === null) throw new UsageError(`--tax takes a percentage such as 8; not ${values.tax}`);
  const delimiter = values.delimiter ?? ",";
  if (delimiter.length !== 1) throw new UsageError("--delimiter takes one character");
  const card = await readCard(values.card, values.data);
  const terms = { card, zone, taxRate, eventType: values.event ?? "sms.delivered" };
  const out = values.out ?? `${file.replace(/\.csv$/i, "")}.priced.csv`;
  const startedAt = performance.now();
  const pricing = await priceFile(file, out, delimiter, values.columns, terms);
  const rowsPerSecond = Math.round((pricing.all.rows * 1000) / (performance.now() - startedAt));
  if (values.json) print(JSON.stringify(summary(pricing, out, rowsPerSecond)));
  else printSummary(pricing, out, rowsPerSecond, card.currency);
  return pricing.wrong === 0 ? 0 : 1;
}

export const command: CatalystCommand = {
  name,
  summary: "price call detail records by a card, beside what they cost elsewhere",
  usage,
  run,
};

async function readCard(card: string, data: string | undefined): Promise<CompiledRateCard> {
  const source = existsSync(card) ? readFileSync(card, "utf8") : await sourceOf(card, data);
  if (mayHoldFormulas(source)) await loadFormulas();
  const compiled = compileRateCardVersion({
    v: 1,
    rateCardId: card,
    version: 1,
    validFrom: 0,
    storedAt: 0,
    source,
  });
  if (compiled.ok) return compiled.card;
  const lines = compiled.problems.map(({ path, message }) => `  ${path}: ${message}`);
  throw new UsageError(`${card} is no rate card:\n${lines.join("\n")}`);
}

async function sourceOf(id: string, data: string | undefined): Promise<string> {
  const environment = await attachEnvironment(dataDirectoryFrom(data));
  const response = await fetch(`${environment.urls.gateway}/api/v2/rate-cards/${encodeURIComponent(id)}`, {
    headers: { authorization: `Bearer ${environment.secrets.adminToken}` },
  });
  if (!response.ok) throw new UsageError(`there is no rate card ${id}, and no file of that name`);
  return ((await response.json()) as { source: string }).source;
}

async function priceFile(
  file: string,
  out: string,
  delimiter: string,
  columns: string | undefined,
  terms: ShadowTerms,
): Promise<ShadowPricing> {
  const records = new CsvRecords(delimiter);
  const output = createWriteStream(out);
  let pricing: ShadowPricing | undefined;
  let piece = "";
  let shownAt = performance.now();
  const take = (fields: readonly string[]): void => {
    if (pricing === undefined) {
      pricing = new ShadowPricing(terms, mapColumns(fields, columns));
      piece += `${[...fields.map(csvField), ...ADDED].join(delimiter)}\n`;
      return;
    }
    const row = pricing.price(fields);
    const added = `${row.amount}${delimiter}${row.difference}${delimiter}${csvField(row.explanation)}${delimiter}${csvField(row.problem)}`;
    piece += `${fields.map(csvField).join(delimiter)}${delimiter}${added}\n`;
  };
  const flush = async (least: number): Promise<void> => {
    if (piece.length <= least) return;
    if (!output.write(piece)) await once(output, "drain");
    piece = "";
  };
  for await (const text of createReadStream(file, { encoding: "utf8", highWaterMark: PIECE_LENGTH })) {
    for (const { fields } of records.push(text as string)) take(fields);
    await flush(PIECE_LENGTH);
    if (performance.now() - shownAt < PROGRESS_EVERY_MS) continue;
    shownAt = performance.now();
    progress(`  ${pricing?.all.rows ?? 0} rows priced`);
  }
  for (const { fields } of records.end()) take(fields);
  await flush(0);
  output.end();
  await once(output, "finish");
  if (pricing === undefined) throw new UsageError(`${file} is empty: its first line names the columns`);
  return pricing;
}

const ADDED = ["catalyst_amount", "catalyst_difference", "catalyst_explanation", "catalyst_problem"];

function summary(pricing: ShadowPricing, out: string, rowsPerSecond: number) {
  const groups = (totals: ReadonlyMap<string, Total>) =>
    Object.fromEntries([...totals].map(([key, total]) => [key, amounts(total)]));
  return {
    rows: pricing.all.rows,
    wrong: pricing.wrong,
    rows_per_second: rowsPerSecond,
    out,
    total: amounts(pricing.all),
    by_tenant: groups(pricing.byTenant),
    by_operator: groups(pricing.byOperator),
    by_reason: groups(pricing.byReason),
  };
}

function amounts({ rows, ours, theirs }: Total) {
  const difference = formatMoney(money(ours - theirs));
  return { rows, ours: formatMoney(ours), theirs: formatMoney(theirs), difference };
}

function printSummary(pricing: ShadowPricing, out: string, rowsPerSecond: number, currency: string): void {
  print(`${pricing.all.rows} rows priced (${rowsPerSecond} a second), ${pricing.wrong} could not be: ${out}`);
  const parts = [
    ["TENANT", pricing.byTenant],
    ["OPERATOR", pricing.byOperator],
    ["REASON", pricing.byReason],
    ["", new Map([["total", pricing.all]])],
  ] as const;
  for (const [title, totals] of parts) {
    const sorted = [...totals].sort(([, one], [, other]) => other.rows - one.rows);
    const rows = sorted.slice(0, SHOWN).map(([key, total]) => {
      const { rows: count, ours, theirs, difference } = amounts(total);
      return [key, String(count), ours, theirs, difference];
    });
    const more = sorted.length > SHOWN ? `\n  and ${sorted.length - SHOWN} more: --json has all` : "";
    print(`\n${table([[title, "ROWS", `OURS (${currency})`, "THEIRS", "DIFFERENCE"], ...rows])}${more}`);
  }
}
