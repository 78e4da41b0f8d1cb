/** As which kinds of file sheets come and go. */
export const SHEET_FORMATS = ["csv", "xlsx"] as const;
export type SheetFormat = (typeof SHEET_FORMATS)[number];

export const SHEET_TYPES: Readonly<Record<SheetFormat, string>> = {
  csv: "text/csv",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};

/** 200,000 rows of CSV; a carrier's workbook of the world has 2 MB. */
export const SHEET_BYTES_MAX = 5 * 1024 * 1024;

/** Rows of cells as text, or why a file has none; `row` counts from 1, null: the file as a whole. */
export type SheetCells =
  | { readonly ok: true; readonly rows: readonly (readonly string[])[] }
  | { readonly ok: false; readonly row: number | null; readonly message: string };

export function unreadable(message: string, row: number | null = null): SheetCells {
  return { ok: false, row, message };
}
