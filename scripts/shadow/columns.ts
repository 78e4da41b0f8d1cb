import { closest } from "../closest.ts";
import { UsageError } from "../usage-error.ts";

/** What a call detail record may say, and the headings under which others write it. */
const ALIASES = {
  event_type: ["event_type", "event", "type"],
  channel: ["channel", "service"],
  timestamp: ["timestamp", "time", "date", "datetime", "start_time", "event_time"],
  units: ["units", "parts", "quantity", "segments"],
  country: ["country", "destination", "destination_country", "iso"],
  operator: ["operator", "network", "carrier", "mno"],
  prefix: ["prefix", "dial_code"],
  to: ["to", "msisdn", "called_number", "destination_number", "recipient"],
  tenant: ["tenant", "tenant_id", "customer", "account", "client"],
  amount: ["amount", "price", "charge", "charged", "cost", "total"],
} as const;

export type Column = keyof typeof ALIASES;
export const COLUMNS = Object.keys(ALIASES) as Column[];
const NEEDED: readonly Column[] = ["timestamp"];

/** Where each column stands; further ones named attr_<name> are attributes. */
export interface ColumnMap {
  readonly at: ReadonlyMap<Column, number>;
  readonly attributes: readonly { readonly name: string; readonly at: number }[];
}

/** @param given "name=heading,…" as the user maps them. @throws UsageError that names the heading and the remedy. */
export function mapColumns(headings: readonly string[], given: string | undefined): ColumnMap {
  const lower = headings.map((heading) =>
    heading
      .trim()
      .replace(/^\uFEFF/, "")
      .toLowerCase(),
  );
  const named = new Map<Column, string>();
  for (const pair of given?.split(",") ?? []) {
    const [name = "", heading = ""] = pair.split("=").map((part) => part.trim());
    if (!(COLUMNS as string[]).includes(name)) {
      const near = closest(name, COLUMNS);
      throw new UsageError(
        `--columns knows ${COLUMNS.join(", ")}; not ${name}.${near ? ` Did you mean ${near}?` : ""}`,
      );
    }
    named.set(name as Column, heading.toLowerCase());
  }
  const at = new Map<Column, number>();
  for (const column of COLUMNS) {
    const wanted = named.get(column);
    const index =
      wanted === undefined
        ? lower.findIndex((heading) => (ALIASES[column] as readonly string[]).includes(heading))
        : lower.indexOf(wanted);
    if (index !== -1) at.set(column, index);
    else if (wanted !== undefined || NEEDED.includes(column))
      throw new UsageError(
        `the file has no column ${wanted ?? column}; it has ${headings.join(", ")}. Map it: --columns ${column}=HEADING`,
      );
  }
  const attributes = lower.flatMap((heading, index) =>
    heading.startsWith("attr_") ? [{ name: heading.slice(5), at: index }] : [],
  );
  return { at, attributes };
}
