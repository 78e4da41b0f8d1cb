import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { SHEET_ROWS_MAX } from "#domain/rating/rate-sheet.ts";
import { type SheetCells, unreadable } from "./formats.ts";
import { guardFormula, unguardFormula } from "./formula-guard.ts";

/** Bounds what an unclosed quote can swallow; no row of prices is a tenth of it. */
const ROW_LENGTH_MAX = 10_000;
const DELIMITERS = [",", ";", "\t"] as const;

/** Reads CSV (RFC 4180, UTF-8); the delimiter is the one that the first line has most of. */
export function readCsv(bytes: Uint8Array): SheetCells {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return unreadable("the file is not UTF-8: save it as 'CSV UTF-8'");
  }
  try {
    const rows = parse(text, {
      delimiter: delimiterOf(text),
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true,
      max_record_size: ROW_LENGTH_MAX,
      // One more than a sheet may have, so that it is seen to have too many.
      to: SHEET_ROWS_MAX + 2,
    });
    return { ok: true, rows: rows.map((row) => row.map(unguardFormula)) };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return unreadable(MISTAKES[error.code] ?? "cannot be read as CSV", Number(error["records"]) + 1);
  }
}

const MISTAKES: Readonly<Partial<Record<CsvError["code"], string>>> = {
  CSV_QUOTE_NOT_CLOSED: "a quote is opened here and not closed: close it",
  CSV_INVALID_CLOSING_QUOTE: "text follows a closing quote: double the quotes within a cell",
  INVALID_OPENING_QUOTE: "a quote stands within a cell that does not begin with one: put the cell in quotes",
  CSV_MAX_RECORD_SIZE: `is longer than ${ROW_LENGTH_MAX} characters: is a quote left open?`,
};

function delimiterOf(text: string): string {
  const line = /^[^\r\n]{0,10000}/.exec(text)?.[0] ?? "";
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** CSV as RFC 4180 has it, in UTF-8. */
export function writeCsv(rows: readonly (readonly string[])[]): Uint8Array {
  const guarded = rows.map((row) => row.map(guardFormula));
  return new TextEncoder().encode(stringify(guarded, { record_delimiter: "windows" }));
}
