import { unzipSync, type Zippable, zipSync } from "fflate";
import { InvalidSpreadsheetError, readSheet } from "read-excel-file/universal";
import writeExcel from "write-excel-file/node";
import { formatMoney, parseMoney } from "#domain/money/money.ts";
import { SHEET_COLUMNS } from "#domain/rating/rate-sheet.ts";
import { type SheetCells, unreadable } from "./formats.ts";
import { guardFormula, unguardFormula } from "./formula-guard.ts";

/** What 200,000 rows unpack to; a file of 5 MB could unpack to five thousand. */
const UNPACKED_BYTES_MAX = 100 * 1024 * 1024;
const PARTS_MAX = 1_000;

/** Reads the first sheet of a workbook. */
export async function readXlsx(bytes: Uint8Array): Promise<SheetCells> {
  const workbook = unpacked(bytes);
  if (typeof workbook === "string") return unreadable(workbook);
  try {
    const rows = await readSheet(workbook.buffer, { parseNumber: plainNumber });
    return { ok: true, rows: rows.map((row) => row.map(cellText)) };
  } catch (error) {
    if (error instanceof InvalidSpreadsheetError)
      return unreadable(`the workbook is damaged: ${error.message}`);
    return unreadable("the file is no XLSX workbook: save it as .xlsx, without a password");
  }
}

/**
 * The workbook packed anew without compression, from the parts that a sheet needs; text when it cannot be. So the reader unpacks no more
 * than has been unpacked here, where what each part says of its own size is held against it.
 */
function unpacked(bytes: Uint8Array): Uint8Array<ArrayBuffer> | string {
  let [size, parts] = [0, 0];
  const wanted = ({
    name,
    originalSize,
  }: {
    readonly name: string;
    readonly originalSize: number;
  }): boolean => {
    if (!name.endsWith(".xml") && !name.endsWith(".xml.rels")) return false;
    size += originalSize;
    parts += 1;
    // The sum is what is compared below; nothing beyond it is unpacked.
    return size <= UNPACKED_BYTES_MAX && parts <= PARTS_MAX;
  };
  let files: Zippable;
  try {
    files = unzipSync(bytes, { filter: wanted });
  } catch {
    return "the file is no XLSX workbook: save it as .xlsx, without a password";
  }
  if (size > UNPACKED_BYTES_MAX || parts > PARTS_MAX)
    return "the workbook unpacks to more than 100 MB: keep the sheet of prices alone, or send CSV";
  return zipSync(files, { level: 0 });
}

/** Numbers in a workbook are doubles: 0.015 may stand there as 1.4999999999999999E-2. The shortest text of the same double is what was typed. */
function plainNumber(text: string): string {
  const shortest = String(Number(text));
  const amount = parseMoney(shortest);
  return amount === null ? shortest : formatMoney(amount);
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  if (cell instanceof Date) return cell.toISOString().replace(/T00:00:00\.000Z$/, "");
  return typeof cell === "string" ? unguardFormula(cell) : JSON.stringify(cell);
}

const RATE_COLUMN = SHEET_COLUMNS.indexOf("rate");

/** A workbook of one sheet with `rows` of a rate sheet. Rates are numbers where a double keeps every digit, everything else is text. */
export async function writeXlsx(rows: readonly (readonly string[])[]): Promise<Uint8Array> {
  const sheet = rows.map((row, index) =>
    row.map((cell, column) => {
      if (cell === "") return null;
      if (index > 0 && column === RATE_COLUMN && plainNumber(cell) === cell) {
        return { type: Number, value: Number(cell), format: "0.##################" };
      }
      return { type: String, value: guardFormula(cell), format: "@" };
    }),
  );
  return writeExcel(sheet, { sheet: "Rates", stickyRowsCount: 1 }).toBuffer();
}
