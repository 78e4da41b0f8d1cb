import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { readJson, writeJson } from "../json-file.ts";
import type { Secrets } from "../secrets.ts";
import type { ServerContext } from "../servers/server.ts";
import { urlsOf } from "../variables.ts";
import { type Canvas, readCanvases } from "./canvases.ts";
import { signIn, type N8nClient } from "./client.ts";

/** Who signs in to the n8n that `up --with-n8n` starts. */
export const n8nOwner = "owner@catalyst.local";

interface Credential {
  readonly name: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Gives n8n its owner, the credentials of this environment, and the workflows, published. Credentials follow the environment at each start; a
 * workflow is brought once, and then belongs to whoever changes or deletes it.
 */
export async function furnishN8n(context: ServerContext): Promise<void> {
  const { ports, secrets, directory } = context;
  const client = await signInAsOwner(urlsOf(ports, secrets).n8n, secrets);
  await storeCredentials(client, credentialsOf(context));
  await makeNoticesTopic(context);
  await bringWorkflows(client, join(directory, "brought-workflows.json"));
}

/** Signs in to an environment's n8n. */
export function signInAsOwner(
  base: string,
  { n8nPassword }: Pick<Secrets, "n8nPassword">,
): Promise<N8nClient> {
  return signIn(base, { email: n8nOwner, password: n8nPassword });
}

/** Workflows name them, and n8n finds them by type and name. */
function credentialsOf({ ports, secrets }: ServerContext): readonly Credential[] {
  const { gateway, kafka } = urlsOf(ports, secrets);
  return [
    { name: "Catalyst", type: "catalystApi", data: { baseUrl: gateway, apiKey: secrets.adminToken } },
    {
      name: "Catalyst mail",
      type: "smtp",
      data: { host: "127.0.0.1", port: ports.smtp, secure: false, disableStartTls: true },
    },
    {
      name: "Catalyst workflows' database",
      type: "postgres",
      data: {
        host: "127.0.0.1",
        port: ports.postgres,
        database: "n8n_flows",
        user: "n8n_flows",
        password: secrets.n8nFlowsPassword,
        ssl: "disable",
      },
    },
    {
      name: "Catalyst Kafka",
      type: "kafka",
      data: { clientId: "n8n", brokers: kafka, ssl: false, authentication: false },
    },
  ];
}

async function storeCredentials(client: N8nClient, credentials: readonly Credential[]): Promise<void> {
  const stored = await client.get<readonly (Credential & { readonly id: string })[]>("/credentials");
  for (const credential of credentials) {
    const { name, type } = credential;
    const known = stored.find((one) => one.name === name && one.type === type);
    if (known === undefined) await client.post("/credentials", credential);
    else await client.patch(`/credentials/${known.id}`, credential);
  }
}

async function bringWorkflows(client: N8nClient, file: string): Promise<void> {
  const brought = new Set((readJson(file) as readonly string[] | undefined) ?? []);
  for (const canvas of readCanvases()) {
    if (brought.has(canvas.id)) continue;
    await bringWorkflow(client, canvas);
    brought.add(canvas.id);
    writeJson(file, [...brought]);
  }
}

/** Where workflows tell other systems what happened; Kafka makes no topic by itself. */
const noticesTopic = "n8n.notices";

async function makeNoticesTopic({ ports, secrets }: ServerContext): Promise<void> {
  const kafka = new Kafka({ brokers: [urlsOf(ports, secrets).kafka], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: noticesTopic, numPartitions: 1 }] });
  } finally {
    await admin.disconnect();
  }
}

/** Creates and publishes. One that a killed start had created already is published alone. */
export async function bringWorkflow(client: N8nClient, canvas: Canvas): Promise<void> {
  const path = `/workflows/${canvas.id}`;
  const { exists } = await client.get<{ readonly exists: boolean }>(`${path}/exists`);
  if (!exists) await client.post("/workflows", canvas);
  const { versionId } = await client.get<{ readonly versionId: string }>(path);
  await client.post(`${path}/activate`, { versionId });
}
