import { readRateSheet, type SheetRate, type SheetRemark } from "#domain/rating/rate-sheet.ts";
import type { FieldError } from "../problems.ts";
import type { SheetBody } from "./sheet-body.ts";
import { readSheetFile } from "./sheet-files.ts";

export type RatesRead =
  | { readonly ok: true; readonly rates: readonly SheetRate[]; readonly warnings: readonly FieldError[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** A file's rates, or everything that is wrong with it by row and column; `channels`: see readRateSheet. */
export async function readRates({ format, bytes }: SheetBody, channels: boolean): Promise<RatesRead> {
  const cells = await readSheetFile(format, bytes);
  if (!cells.ok) {
    const path = cells.row === null ? "" : `row ${cells.row}`;
    return { ok: false, errors: [{ path, message: cells.message }] };
  }
  const read = readRateSheet(cells.rows, channels);
  if (read.ok) return { ...read, warnings: read.warnings.map(sheetError) };
  const more = read.dropped === 0 ? [] : [{ path: "", message: `and ${read.dropped} more mistakes` }];
  return { ok: false, errors: [...read.errors.map(sheetError), ...more] };
}

/** `row 17, rate` */
export function sheetError({ row, column, message }: SheetRemark): FieldError {
  return { path: column === null ? `row ${row}` : `row ${row}, ${column}`, message };
}
