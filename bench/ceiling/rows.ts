import { plainArray, textArray } from "#adapters/postgres/array-literal.ts";
import { CEILING_SCHEMA, type CeilingTable, type SampleRow } from "./plan.ts";

/** Values of a column that differ from row to row; every other column repeats the sample's. */
export type Varying = Readonly<Record<string, readonly (string | number | bigint)[]>>;

export interface Insert {
  readonly name: string;
  readonly text: string;
  readonly values: string[];
}

const PLAIN = /^(uuid|smallint|integer|bigint|numeric|date|timestamp)/;

/** One INSERT of `count` rows: every column travels as an array, as the product sends it. */
export function insertRows(table: CeilingTable, sample: SampleRow, count: number, varying: Varying): Insert {
  const { columns } = sample;
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`);
  return {
    name: `insert-${table}`,
    text: `INSERT INTO ${CEILING_SCHEMA}.${table} (${columns.map(({ name }) => name).join(", ")})
           SELECT * FROM unnest(${arrays.join(", ")}) ON CONFLICT DO NOTHING`,
    values: columns.map(({ name, type, value }) => {
      const given = varying[name];
      if (given !== undefined) return plainArray(given);
      const one =
        value === null
          ? "NULL"
          : PLAIN.test(type)
            ? value.replaceAll(" ", "T")
            : textArray([value]).slice(1, -1);
      return `{${Array.from({ length: count }, () => one).join(",")}}`;
    }),
  };
}
