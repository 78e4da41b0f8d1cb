/**
 * Tells a Temporal server what the flows need: their search attributes. Repeating it changes nothing.
 * Needed once per namespace in production; the development server is given them when it starts.
 *
 *   node temporal-config/apply.ts 127.0.0.1:7233 default
 */
import { Connection } from "@temporalio/client";
import { pathToFileURL } from "node:url";
import { SEARCH_ATTRIBUTES } from "#domain/flows/search-attributes.ts";

/** temporal.api.enums.v1.IndexedValueType */
const INDEXED_VALUE_TYPES = { KEYWORD: 2, INT: 3 } as const;

/** @returns the names that were missing and are there now. Throws where a name is taken by another type. */
export async function applySearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTES.filter(({ name, type }) => {
    const existing: number | null | undefined = customAttributes[name];
    if (existing !== undefined && existing !== INDEXED_VALUE_TYPES[type]) {
      throw new Error(`the search attribute ${name} exists in ${namespace} with another type than ${type}`);
    }
    return existing === undefined;
  });
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(
      missing.map(({ name, type }) => [name, INDEXED_VALUE_TYPES[type]]),
    );
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  }
  return missing.map(({ name }) => name);
}

async function main(): Promise<void> {
  const [address = "127.0.0.1:7233", namespace = "default"] = process.argv.slice(2);
  const connection = await Connection.connect({ address });
  try {
    const added = await applySearchAttributes(connection, namespace);
    process.stdout.write(added.length === 0 ? "nothing to do\n" : `added ${added.join(", ")}\n`);
  } finally {
    await connection.close();
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
