import { Client } from "pg";
import type { Environment } from "../environment.ts";

/** Looks into n8n's own database: what it keeps of workflows and executions. */
export async function inN8nDatabase<Result>(
  { ports, secrets }: Pick<Environment, "ports" | "secrets">,
  look: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({
    host: "127.0.0.1",
    port: ports.postgres,
    user: "n8n",
    database: "n8n",
    password: secrets.n8nDatabasePassword,
  });
  await client.connect();
  try {
    return await look(client);
  } finally {
    await client.end();
  }
}
